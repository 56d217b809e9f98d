"""Ways to sign in to a service, one module each."""
