"""Runs DVC stages as modules: each in its own pinned environment, checked against its contract."""

__version__ = "0.3.0"
