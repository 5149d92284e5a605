"""The schema, version after version, and the way up."""
