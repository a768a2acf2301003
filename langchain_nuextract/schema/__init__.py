"""What is wanted: any schema, compiled once. Knows no model and no network."""
