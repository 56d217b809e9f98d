"""Contract suites of the plug points: for Slipway's own entries and for those of your package."""
