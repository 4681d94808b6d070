"""The one error that users are meant to see."""


class KitError(Exception):
    """Something that the user can mend, in one line that begins with the file it is in.

    `at` leads to the place in a YAML file: keys and indices.
    """

    def __init__(self, message: str, at: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.at = at


def one_line(error: BaseException) -> str:
    """An error's message without line breaks."""
    return " ".join(str(error).split())
