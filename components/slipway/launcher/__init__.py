"""Runs, compiles and submits pipelines; the command line."""
