"""Redmine: its database read for changes, turned into events. What must be granted stands in docs/redmine.md."""
