"""Answers measured: grounding, relevance, references, and knowing when to stay silent."""
