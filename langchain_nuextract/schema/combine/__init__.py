"""Two schemas as one: what both allow, and what either allows. Must not know where schemas come from."""
