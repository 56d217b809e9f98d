"""What can be wrong with data or a model."""
