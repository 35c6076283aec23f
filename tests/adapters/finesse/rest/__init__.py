"""Finesse over REST."""
