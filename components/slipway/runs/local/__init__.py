"""Runs on this machine: the environments, the tasks and what becomes of them."""
