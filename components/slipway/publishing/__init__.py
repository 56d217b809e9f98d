"""Versions of a model at a destination."""
