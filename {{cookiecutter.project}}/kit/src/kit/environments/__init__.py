"""Environments of modules: their locks, and what is installed from them."""
