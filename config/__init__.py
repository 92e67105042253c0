"""The choices: environments as values, models as TOML files."""
