"""Cisco Finesse, without its network."""
