"""Measures hosts: many thousands by ICMP over one socket for each family, others by TCP and HTTP."""
