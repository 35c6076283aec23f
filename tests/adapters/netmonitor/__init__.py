"""The network monitor."""
