"""Judges a candidate by its scores on the hold-out."""
