"""Small honest servers that speak the upstreams' own protocols: for the demo and for tests, never for a network."""
