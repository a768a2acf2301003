"""JSON Schema of any draft, read into nodes. Nothing else looks at raw JSON Schema.

Must not know Python's types, nor what a model is asked.
"""
