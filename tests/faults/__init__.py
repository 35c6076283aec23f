"""What the hub promises, with something broken in the middle of it."""
