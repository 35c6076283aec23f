"""Calls: Cisco Finesse for the people who are its agents."""
