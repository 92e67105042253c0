"""Checks the clean data itself before anything is trained on it."""
