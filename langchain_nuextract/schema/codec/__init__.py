"""A value and the answer that says it: `lower` and `lift` for each kind of node. Knows neither models nor JSON text."""
