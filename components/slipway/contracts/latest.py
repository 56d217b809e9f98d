"""The word for the newest version of a model, in a module of its own: every local task imports it at its start."""

LATEST = "latest"
"""In place of a version's number: the newest one at the time of reading."""
