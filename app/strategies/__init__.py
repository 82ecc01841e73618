"""Query strategies: each turns a question into other queries or vectors for the same search, and reports what it did."""
