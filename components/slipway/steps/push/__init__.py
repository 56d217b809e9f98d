"""Step: versioned, atomic publication of a model."""
