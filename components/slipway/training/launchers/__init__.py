"""Where trainings run: one file each."""
