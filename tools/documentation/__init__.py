"""Writes docs/reference from the synthesized assembly, the settings and the models. Reads them, decides nothing."""
