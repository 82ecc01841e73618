"""The composition root: settings, answering, command line and page."""
