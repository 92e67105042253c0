"""Lists what a run works on."""
