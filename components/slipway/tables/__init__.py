"""Reading, writing, hashing and sampling tables."""
