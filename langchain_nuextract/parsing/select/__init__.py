"""Which piece of a reply is the answer, where several could be."""
