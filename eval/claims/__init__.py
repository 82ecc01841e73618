"""Verifiers measured on human-labelled claims."""
