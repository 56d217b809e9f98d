"""Step: statistics, schema, anomalies and a verdict on the data."""
