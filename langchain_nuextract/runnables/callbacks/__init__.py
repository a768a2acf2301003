"""What callbacks and tracers hear of an extraction, and what they are not shown."""
