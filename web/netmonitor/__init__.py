"""The network monitor's pages and interface, `/netmonitor/…`, for whoever has the permission `netmonitor`."""
