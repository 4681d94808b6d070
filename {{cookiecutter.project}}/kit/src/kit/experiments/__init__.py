"""Combinations of modules: which fit, and what came of them."""
