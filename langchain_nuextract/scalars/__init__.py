"""Numbers, dates and words as people write them, for reading answers and for finding values in documents alike."""
