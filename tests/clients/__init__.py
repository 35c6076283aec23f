"""The clients in other programs."""
