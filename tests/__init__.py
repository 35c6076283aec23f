"""The tests mirror the source; `peers/` starts the real systems they need."""
