"""Figures beside peers in the same run, as ratios: `make bench`."""
