"""Tests of the hub: its values without a loop, its tasks over a store in a file, its sessions over an in-memory driver."""
