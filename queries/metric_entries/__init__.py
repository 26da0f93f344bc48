"""The entries of the registry by group; `queries.metrics` is what everybody reads."""
