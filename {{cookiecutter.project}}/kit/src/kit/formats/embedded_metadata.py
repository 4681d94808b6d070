"""Metadata inside Parquet and safetensors files: the space_id of their content."""

from pathlib import Path

from kit.formats import parquet_footer, safetensors_file

KEY = "space_id"


CARRIERS = {".parquet": parquet_footer.read_metadata, ".safetensors": safetensors_file.metadata_of}


STAMPS = {".parquet": parquet_footer.set_metadata, ".safetensors": safetensors_file.set_metadata}


def space_of(path: Path) -> str | None:
    """The space_id in a file's metadata; None if there is none."""
    read = CARRIERS.get(path.suffix)
    try:
        return read(path).get(KEY) if read and path.is_file() else None
    except ValueError:
        return None
