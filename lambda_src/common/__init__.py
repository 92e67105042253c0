"""What every function ships."""
