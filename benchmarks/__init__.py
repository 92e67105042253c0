"""The cost of things beside the least they could cost: `make bench`."""
