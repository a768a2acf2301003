"""JSON of any shape, brought to the shape that was asked for. Must not know how its text was read."""
