"""Step: preprocessing fitted on the training split and saved as a graph."""
