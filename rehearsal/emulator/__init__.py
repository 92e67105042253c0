"""AWS on a laptop: ministack, extended in its own process where the platform needs more of AWS than it plays."""
