"""JSON Schema of any draft, read into nodes. Nothing else looks at raw JSON Schema."""
