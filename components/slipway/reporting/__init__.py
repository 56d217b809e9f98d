"""Self-contained HTML pages, tables and charts."""
