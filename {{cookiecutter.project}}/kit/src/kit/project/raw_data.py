"""Raw data: files that DVC tracks by a .dvc file, with their source and licence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import yaml

from kit.dvc.artifact import Artifact
from kit.formats import yaml12
from kit.formats.front_matter import card_in
from kit.git.files import Files


@dataclass(frozen=True)
class RawData:
    """What a .dvc file says about its file or folder.

    `source` is where DVC imported it from, else what its card declares; `license` is an SPDX identifier, if declared.
    """

    artifact: Artifact
    size: int | None
    tracked_by: str
    source: str | None
    license: str | None
    credit: str | None


def raw_data(files: Files) -> dict[str, RawData]:
    """Path to the file or folder there."""
    found = (data for path in files.ending(".dvc") for data in _read(files, path))
    return {data.artifact.path: data for data in found}


def _read(files: Files, path: str) -> Iterator[RawData]:
    """The outs of one .dvc file; none if it is damaged (`kit verify` reports it)."""
    document = dvc_file(files, path)
    folder = PurePosixPath(path).parent / str(document.get("wdir") or "")
    for out in document.get("outs") or []:
        try:
            artifact = Artifact((folder / out["path"]).as_posix(), str(out.get("md5") or out.get("etag") or ""))
        except (TypeError, KeyError, AttributeError):
            continue
        card = data_card(files, artifact.path)
        source = _imported_from(document) or card.get("source")
        declared = {key: str(card[key]) if key in card else None for key in ("license", "credit")}
        yield RawData(artifact, out.get("size"), path, str(source) if source else None, **declared)


def dvc_file(files: Files, path: str) -> Mapping[str, Any]:
    """The document; empty if it cannot be read."""
    try:
        document = yaml12.load((files.read(path) or b"").decode())
    except (yaml.YAMLError, UnicodeDecodeError):
        return {}
    return document if isinstance(document, dict) else {}


def data_card(files: Files, path: str) -> Mapping[str, Any]:
    """What the front matter of the README.md in its folder says about a data file: `files: {NAME: {license: …}}`."""
    place = PurePosixPath(path)
    document = card_in(files.read((place.parent / "README.md").as_posix()))
    entries = document.get("files")
    entry = entries.get(place.name) if isinstance(entries, dict) else None
    return entry if isinstance(entry, dict) else {}


def _imported_from(document: Mapping[str, Any]) -> str | None:
    """The origin that `dvc import-url` and `dvc import` wrote."""
    for dep in document.get("deps") or []:
        if not isinstance(dep, dict):
            continue
        repo = dep.get("repo")
        if isinstance(repo, dict):
            return f"{repo.get('url')} at {repo.get('rev_lock')}: {dep.get('path')}"
        pinned = next((f" ({key} {dep[key]})" for key in ("etag", "md5", "checksum", "version_id") if key in dep), "")
        return f"{dep.get('path')}{pinned}"
    return None
