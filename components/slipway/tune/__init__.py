"""Step: hyperparameter search."""
