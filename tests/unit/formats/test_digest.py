"""One SHA-256 of a folder, whether it is on disk or in Git."""

import hashlib
from pathlib import Path

from kit.formats.digest import sha256_of, sha256_of_files, sha256_of_listing
from kit.project.module_code import Source

# Sorted as text, `conf.yaml` is before `conf/a`; by the parts of a path it is after it.
FILES = {"conf/a": b"1", "conf.yaml": b"", "conf-b": b"2", "run.py": b"3"}


def test_code_in_git_has_the_digest_that_run_json_has_of_it_on_disk(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    files = [tmp_path / name for name in FILES]
    assert Source("m", FILES).sha256 == sha256_of_files(tmp_path, files) == sha256_of(tmp_path)


def test_a_listing_is_hashed_in_the_order_given() -> None:
    lines = b"b\x00" + b"1" * 64 + b"\na\x00" + b"2" * 64 + b"\n"
    assert sha256_of_listing([("b", "1" * 64), ("a", "2" * 64)]) == hashlib.sha256(lines).hexdigest()
