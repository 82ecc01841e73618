"""Subjects of `sota-rag eval`, one module each."""
