"""Hyperparameter search: samplers, pruners and spaces."""
