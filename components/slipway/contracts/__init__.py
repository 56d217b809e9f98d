"""What flows between steps: artifact folders, errors, configuration and ports; standard library only."""
