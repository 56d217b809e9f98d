"""Step: predictions for the rows of a table, by the graph that serves them online."""
