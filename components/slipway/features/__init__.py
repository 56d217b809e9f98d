"""What a column is and what a raw value means: the one rule of every step and of the serving graph."""
