"""Which piece of a reply is the answer, where several could be. Must not know what is made of it."""
