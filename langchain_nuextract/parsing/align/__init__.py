"""JSON of any shape, brought to the shape that was asked for."""
