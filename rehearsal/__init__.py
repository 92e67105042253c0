"""The laptop's AWS: the emulator, the journey through it, and the view of the journey."""
