"""Sizes of files for people."""

UNITS = ("kB", "MB", "GB", "TB", "PB", "EB")


def decimal(size: int) -> str:
    """A size in bytes, in powers of 1000 with their SI prefix and one decimal: 1.5 MB."""
    if size < 1000:
        return "1 byte" if size == 1 else f"{size} bytes"
    power = min((len(str(size)) - 1) // 3, len(UNITS))
    return f"{size / 1000**power:,.1f} {UNITS[power - 1]}"
