"""Metrics of predictions, with their accumulators, slices and intervals."""
