"""The outside world, one module per technology."""
