"""`kit export FILE|--all --format F`: a result's lineage for others."""

import json
import shutil
import tempfile
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from kit.errors import KitError
from kit.exports.place import place_for, writable
from kit.lineage import Subject, project_history, subject_of

ENDINGS = {
    "ro-crate": "-crate",
    "in-toto": ".intoto.json",
    "ml-bom": ".cdx.json",
    "model-card": ".md",
}


def main(arguments: Namespace) -> int:
    if (arguments.target is None) == (not arguments.all):
        raise KitError("kit export: name a FILE, or give --all")
    subject = subject_of(project_history(), arguments.target, arguments.rev, Path.cwd())
    target = place_for(arguments.output, subject.history, _name(subject, arguments.all) + ENDINGS[arguments.format])
    if target.exists() and (target.is_dir() != (arguments.format == "ro-crate") or _is_other(target)):
        raise KitError(f"{target}: exists and is not such an export; remove it, or choose another name with -o")
    sign = _signer(arguments.sign)
    with writable(target):
        if arguments.format == "ro-crate":
            _write_folder(subject, target)
        else:
            target.write_text(text_of(subject, arguments.format), encoding="utf-8")
        print(f"written to {target}")
        if sign:
            print(f"signed in {sign(target)}")
    return 0


def _signer(key: str | None) -> Callable[[Path], Path] | None:
    """Created before anything is written, so that a wrong key leaves nothing behind."""
    if key is None:
        return None
    from kit.exports.signing import signer

    return signer(Path(key))


def text_of(subject: Subject, format_name: str) -> str:
    """The document in one of the formats that are a single file."""
    if format_name == "model-card":
        from kit.exports.model_card import model_card

        return model_card(subject)
    return json.dumps(_writer(format_name)(subject), indent=2, ensure_ascii=False) + "\n"


def _writer(format_name: str) -> Callable[[Subject], object]:
    if format_name == "in-toto":
        from kit.exports.statement import statement

        return statement
    from kit.exports.bill import bill

    return bill


def _name(subject: Subject, everything: bool) -> str:
    return f"exports/{subject.name}" if everything else f"exports/{Path(subject.results[0].path).stem}"


def _is_other(target: Path) -> bool:
    """Whether it is a folder that no export wrote, which is not replaced."""
    return target.is_dir() and not (target / "ro-crate-metadata.json").is_file()


def _write_folder(subject: Subject, target: Path) -> None:
    """Written next to it and renamed, so that a crate is complete or not there at all."""
    from kit.exports.run_crate import write_run_crate

    with tempfile.TemporaryDirectory(prefix=".kit-", dir=target.parent) as folder:
        write_run_crate(subject, Path(folder) / "crate")
        shutil.rmtree(target, ignore_errors=True)
        (Path(folder) / "crate").rename(target)
