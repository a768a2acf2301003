"""Batches of any size: documents out of an iterator, a checkpoint, several endpoints, and files to run offline."""
