"""Numbers, dates and words as people write them, for reading answers and for finding values in documents alike.

Knows single texts. Must not know answers, documents or models.
"""
