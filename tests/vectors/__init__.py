"""The bytes of hub.v1 that both ends agree on: `hub.v1.json` is run by the Python and the TypeScript tests alike."""
