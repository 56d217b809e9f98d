"""Step: tables from files or URIs to Parquet splits."""
