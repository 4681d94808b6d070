"""The projects that a few unit tests look at."""

from lab_fixtures import history, lab
from small_project import empty_lock, good, kit, project

__all__ = ["empty_lock", "good", "history", "kit", "lab", "project"]
