"""The network monitor's pages, interface and topics, for whoever has the permission `netmonitor`."""
