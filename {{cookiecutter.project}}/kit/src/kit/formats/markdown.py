"""Tables in Markdown, which are also good to read in a terminal."""

from collections.abc import Iterator, Sequence


def table(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, its columns aligned; the first row is its head."""
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for number, row in enumerate(cells):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        if number == 0:
            yield "| " + " | ".join("-" * width for width in widths) + " |"
