"""The ways to stop weak trials, one file each."""
