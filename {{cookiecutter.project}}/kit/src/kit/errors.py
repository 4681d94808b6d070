"""The one error that users are meant to see."""


class KitError(Exception):
    """Something that the user can fix, in one line.

    Args:
        message: what is wrong, and what to do.
        file: where it is: a path in the project, or what else its line begins with; empty where it is in no file.
        line: counted from 1; 0 where it is not known.
        at: the place in a YAML file: keys and indices.
    """

    def __init__(self, message: str, file: str = "", line: int = 0, at: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.at = at

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}" if place else self.message


def one_line(error: BaseException) -> str:
    """What an error says, without line breaks."""
    text = str(error)
    return " ".join(text.split())
