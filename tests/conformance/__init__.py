"""What AWS does, as others recorded it, compared with what the emulator does."""
