"""The models that sota-rag knows, and the small weights that ship with it, as package data."""
