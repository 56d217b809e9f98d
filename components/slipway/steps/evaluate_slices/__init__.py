"""Step: metrics overall and by slice, and a verdict on the model."""
