"""The networks there are, one file each."""
