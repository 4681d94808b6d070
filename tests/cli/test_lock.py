"""Locks: made from requirements.in, pinned, hashed, current, and free of what others cannot get."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.environments.lock import is_current, read_lock
from kit.environments.locking import write_lock
from kit.errors import KitError

Kit = Callable[..., tuple[int, str, str]]
MODULE = Path("modules/doubler")
HASH = "--hash=sha256:" + "0" * 64


def lock_of(tmp_path: Path, text: str) -> Path:
    (tmp_path / "requirements.txt").write_text(text)
    return tmp_path / "requirements.txt"


def wheel(folder: Path, version: str) -> None:
    """A pure-Python wheel of six, which is on every index, in a local version."""
    info = f"six-{version}.dist-info"
    with zipfile.ZipFile(folder / f"six-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: six\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


def test_a_lock_pins_and_hashes_what_is_asked_for(project: Path, kit: Kit) -> None:
    (MODULE / "requirements.in").write_text("six==1.17.0\n")
    assert kit("lock", "doubler")[0] == 0
    lock = read_lock(MODULE / "requirements.txt", "requirements.txt")
    assert len(lock.requirements) == 1
    assert lock.requirements[0].startswith("six==1.17.0 ")
    assert "--hash=sha256:" in lock.requirements[0]


def test_locking_again_changes_nothing(project: Path, kit: Kit) -> None:
    (MODULE / "requirements.in").write_text("six>=1.16\n")
    kit("lock")
    first = (MODULE / "requirements.txt").read_bytes()
    kit("lock")
    assert (MODULE / "requirements.txt").read_bytes() == first


def test_pins_that_still_fit_are_kept_until_an_upgrade(project: Path, kit: Kit) -> None:
    (MODULE / "requirements.in").write_text("six==1.16.0\n")
    kit("lock")
    (MODULE / "requirements.in").write_text("six>=1.16\n")
    kit("lock")
    assert "six==1.16.0" in (MODULE / "requirements.txt").read_text()
    kit("lock", "--upgrade")
    assert "six==1.16.0" not in (MODULE / "requirements.txt").read_text()


@pytest.mark.parametrize(
    "change",
    [
        lambda: (MODULE / "requirements.in").write_text("six\n"),
        lambda: (MODULE / "requirements.txt").write_text((MODULE / "requirements.txt").read_text() + "\n"),
        lambda: (MODULE / "requirements.txt").unlink(),
        lambda: (MODULE / "module.yaml").write_text((MODULE / "module.yaml").read_text().replace("3.11", "3.12")),
    ],
    ids=["requirements.in edited", "requirements.txt edited", "requirements.txt removed", "python changed"],
)
def test_a_lock_that_is_out_of_date_is_found(change: Callable[[], object], project: Path, kit: Kit) -> None:
    assert kit("lock", "--check")[0] == 0
    change()
    code, _, errors = kit("lock", "--check")
    assert code == 1
    assert errors == "kit: modules/doubler/requirements.txt: is out of date; run `kit lock doubler`\n"


def test_a_comment_in_requirements_in_is_no_change(project: Path) -> None:
    (MODULE / "requirements.in").write_text("# nothing needed\n\n")
    assert is_current(MODULE, "3.11")


def test_a_package_that_does_not_exist_leaves_the_old_lock(project: Path, kit: Kit) -> None:
    before = (MODULE / "requirements.txt").read_bytes()
    (MODULE / "requirements.in").write_text("six==0.0.0.1\n")
    code, _, errors = kit("lock")
    assert (code, len(errors.splitlines())) == (1, 1)
    assert errors.startswith("kit: modules/doubler/requirements.in: cannot be locked: ")
    assert (MODULE / "requirements.txt").read_bytes() == before
    assert not list(MODULE.glob(".requirements*"))


def test_a_local_build_never_gets_into_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheels, module = tmp_path / "wheels", tmp_path / "doubler"
    wheels.mkdir()
    module.mkdir()
    wheel(wheels, "99.0+cpu")
    (module / "requirements.in").write_text("six\n")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    with pytest.raises(KitError, match=r"resolves to the local build six==99\.0\+cpu"):
        write_lock(module, "3.11")
    assert not (module / "requirements.txt").exists()


def test_pips_own_settings_do_not_reach_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel(tmp_path, "99.0")
    (tmp_path / "requirements.in").write_text("six\n")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    write_lock(tmp_path, "3.11")
    assert "six==99.0" not in (tmp_path / "requirements.txt").read_text()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("six==1.17.0\n", "six has no hash"),
        (f"six {HASH}\n", "six is not pinned"),
        (f"six>=1.17.0 {HASH}\n", "six is not pinned"),
        (f"six==1.* {HASH}\n", "six is not pinned"),
        (f"six==1.17.0,!=1.16.0 {HASH}\n", "six is not pinned"),
        (f"six @ file:///tmp/six.whl {HASH}\n", "six is not pinned"),
        ("six==1.17.0 --hash=md5:0123\n", "six has no hash"),
        ("-e .\n", "-e is not allowed in a lock"),
        ("-r other.txt\n", "-r is not allowed in a lock"),
        ("./six.whl\n", "is not a pinned package"),
    ],
)
def test_a_line_that_pins_nothing_is_refused(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(KitError, match=problem):
        read_lock(lock_of(tmp_path, text), "requirements.txt")


def test_comments_and_line_breaks_do_not_change_a_lock(tmp_path: Path) -> None:
    one = read_lock(lock_of(tmp_path, f"six==1.17.0 \\\n    {HASH}\n    # via x\n"), "requirements.txt")
    two = read_lock(lock_of(tmp_path, f"# made today\nsix==1.17.0 {HASH}\n"), "requirements.txt")
    assert one.sha256 == two.sha256


def test_a_changed_hash_changes_a_lock(tmp_path: Path) -> None:
    one = read_lock(lock_of(tmp_path, f"six==1.17.0 {HASH}\n"), "requirements.txt")
    two = read_lock(lock_of(tmp_path, f"six==1.17.0 {HASH.replace('0' * 8, '1' * 8)}\n"), "requirements.txt")
    assert one.sha256 != two.sha256
