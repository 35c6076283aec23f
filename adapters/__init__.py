"""One folder a system: `client.py` speaks its API, `source.py` turns its changes into events. Never imports `web`."""
