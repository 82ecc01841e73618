"""Chunkers measured by the tokens of gold spans that retrieval brings."""
