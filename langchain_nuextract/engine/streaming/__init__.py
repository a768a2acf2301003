"""Objects while they grow: what of a streamed answer is complete already.

Does no I/O. Must not know how the pieces of an answer come in.
"""
