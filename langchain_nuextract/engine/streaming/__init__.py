"""Objects while they grow: what of a streamed answer is complete already."""
