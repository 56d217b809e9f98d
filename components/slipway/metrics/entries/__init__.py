"""The metrics there are, one file each."""
