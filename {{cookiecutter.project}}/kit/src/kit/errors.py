"""The one error that a user can mend."""


class KitError(Exception):
    """What is wrong, in which file, and what to do, in one line."""
