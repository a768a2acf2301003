"""A value and the answer that says it: `lower` and `lift` for each kind of node.

Must not know models, nor how answers are written as text.
"""
