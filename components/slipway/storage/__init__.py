"""Stores, folders that appear whole, retries and credentials."""
