"""TCP by hand: the helper package of the course."""
