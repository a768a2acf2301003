"""Two schemas as one: what both allow, and what either allows."""
