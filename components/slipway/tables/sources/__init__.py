"""Kinds of files that rows are read from, one module each."""
