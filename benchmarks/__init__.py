"""What things cost beside the least they could cost: `make bench`."""
