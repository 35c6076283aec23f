"""Finesse's REST API: every request is one agent's, and most only say that it was taken; what came of it comes as a notification."""
