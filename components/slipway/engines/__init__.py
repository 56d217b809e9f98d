"""Folding accumulators and mapping functions over splits."""
