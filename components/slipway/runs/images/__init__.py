"""Container images of the roles: plans, builds and what there is."""
