"""How a feature becomes numbers: one module each, found by its name."""
