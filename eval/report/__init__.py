"""Run files as a page that explains itself, with plots."""
