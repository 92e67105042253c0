"""What can be chosen: environments as values, models as TOML files."""
