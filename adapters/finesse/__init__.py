"""Cisco Finesse: agents, their calls and what happens to them."""
