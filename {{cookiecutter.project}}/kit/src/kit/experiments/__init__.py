"""Combinations of modules: which fit, and how they perform."""
