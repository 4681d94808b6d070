"""A chain of four stages, run and committed."""

from lab_fixtures import history, lab

__all__ = ["history", "lab"]
