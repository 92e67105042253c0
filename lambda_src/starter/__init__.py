"""Turns events into runs: at most one run at a time, and none lost."""
