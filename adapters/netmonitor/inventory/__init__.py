"""What is watched, as it is written down in a TOML or CSV file, or by the admin page; all of it is checked, field by field."""
