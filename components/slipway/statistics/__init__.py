"""Mergeable accumulators, and what is computed from them."""
