"""The network monitor's pages and interface, below `/netmonitor/`."""
