"""The Glue jobs, one file each: pure functions on data frames, and a thin main."""
