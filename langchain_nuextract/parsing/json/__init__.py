"""Text that should be JSON, broken or whole, read into nodes that know where they stand."""
