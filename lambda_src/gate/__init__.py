"""The gate at the door: the first bytes of every new object."""
