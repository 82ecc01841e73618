"""The documents that ship with sota-rag, as package data."""
