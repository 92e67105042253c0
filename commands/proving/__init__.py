"""The parts of `mlops prove`: a journey on a deployed stage, what it showed, and how that differs from a rehearsal."""
