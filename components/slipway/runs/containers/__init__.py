"""A run in containers of this machine."""
