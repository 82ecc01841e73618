"""Experiment trackers behind one small seam."""
