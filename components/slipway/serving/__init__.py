"""Models that answer requests: their signatures and how they are opened."""
