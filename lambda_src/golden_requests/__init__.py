"""Sends a few real rows to an endpoint while it is being updated."""
