"""Places where a model is published, one module each."""
