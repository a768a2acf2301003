"""Codes, units, patterns and addresses that texts must satisfy."""
