"""Codes, units, patterns and addresses that texts must satisfy. Must not know schemas: a check takes a text."""
