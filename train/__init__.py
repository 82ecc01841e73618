"""Recipes that make what lies in `models/`; none of them is part of the installed package."""
