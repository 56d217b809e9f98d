"""What a component does: one folder a step."""
