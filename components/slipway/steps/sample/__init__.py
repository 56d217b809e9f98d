"""Step: a smaller table of the same shape."""
