"""Input, networks, loops and strategies of trainings."""
