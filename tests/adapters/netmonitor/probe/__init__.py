"""Measuring: against loopback, and against real hosts in network namespaces."""
