"""From a CSV to the first draft of a model's TOML file."""
