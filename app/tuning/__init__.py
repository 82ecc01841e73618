"""Search for better settings, on training topics only."""
