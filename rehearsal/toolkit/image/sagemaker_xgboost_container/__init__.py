"""The two entry points that the image's environment names, for script mode only."""
