"""What measurements mean: how each host is and what is to be told of it. Pure: no I/O, no clock of its own."""
