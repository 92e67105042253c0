"""Modules that every function ships."""
