"""Removes what the state machines created, when the platform is removed."""
