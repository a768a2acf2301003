"""One extraction, from document to object: what is asked, what is asked again, how answers are merged. Does no I/O."""
