"""Tells people, in one message, what failed and what to do."""
