"""Environments of modules: locks, and what is built and installed from them."""
