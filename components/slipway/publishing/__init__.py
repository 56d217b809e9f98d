"""Versions of a model at a destination, and the places where one is published."""
