"""How fast Slipway is beside what one would take instead. ``make bench`` runs it; RESULTS.md holds what it found."""
