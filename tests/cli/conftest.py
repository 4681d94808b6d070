"""A project of one stage, and a chain of four; each test gets its own."""

from small_project import empty_lock, good, kit, project

__all__ = ["empty_lock", "good", "kit", "project"]
