"""Text that should be JSON, broken or whole, read into nodes that know where they stand.

What was asked for is a hint where a text may be read in two ways. Must not know how nodes become an answer.
"""
