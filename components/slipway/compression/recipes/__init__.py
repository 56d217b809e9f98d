"""The compressed forms there are, one file each."""
