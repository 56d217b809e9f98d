"""The ways to propose hyperparameters, one file each."""
