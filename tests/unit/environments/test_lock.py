"""What a lock means: what would be installed, and whether `kit lock` made it from this requirements.in."""

from pathlib import Path, PurePosixPath

import pytest

from kit.environments.lock import NOTICE, SEAL, Lock, is_current, parse_lock, read_lock, seal_of
from kit.errors import KitError

PATH = PurePosixPath("modules/m/requirements.txt")
HASH = f"--hash=sha256:{'0' * 64}"


def lock(text: str) -> Lock:
    return parse_lock(text, PATH, str(PATH))


def test_comments_and_line_breaks_do_not_change_the_digest() -> None:
    digest = lock(f"six==1.17.0 {HASH}\n").sha256
    assert lock(f"# made today\nsix==1.17.0 \\\n    {HASH}\n    # via x\n").sha256 == digest
    assert lock(f"six==1.16.0 {HASH}\n").sha256 != digest
    assert lock(f"six==1.17.0 {HASH.replace('0', '1')}\n").sha256 != digest


def test_a_package_may_be_pinned_once_for_each_python() -> None:
    pins = lock(
        f"Typing_Extensions==4.1 ; python_version < '3.12' {HASH}\n"
        f"typing-extensions==4.2 ; python_version >= '3.12' {HASH}\n"
        f"six[extra]==1.17.0 {HASH}\n"
    ).pins
    assert pins == {"typing-extensions": {"4.1", "4.2"}, "six": {"1.17.0"}}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("six==1.17.0", "six has no hash"),
        ("six==1.17.0 --hash=md5:0", "six has no hash"),
        (f"six>=1.17.0 {HASH}", "six is not pinned to one version"),
        (f"six==1.* {HASH}", "six is not pinned to one version"),
        (f"six==1.17.0,!=2 {HASH}", "six is not pinned to one version"),
        (f"six @ file:///six.whl {HASH}", "six is not pinned to one version"),
        (f"./six.whl {HASH}", "./six.whl is not a pinned package"),
        ("--index-url x", "--index-url is not allowed in a lock"),
        ("-r other.txt", "-r is not allowed in a lock"),
    ],
)
def test_what_would_install_anything_else_is_refused_at_its_line(line: str, problem: str) -> None:
    with pytest.raises(KitError) as error:
        lock(f"# first\nsix==1.17.0 {HASH}\n{line}\n")
    assert error.value.message.startswith(problem)
    assert error.value.message.endswith("; run `kit lock m`")
    assert (error.value.file, error.value.line) == (str(PATH), 3)


@pytest.mark.parametrize(("content", "problem"), [(None, "is missing"), (b"\xff", "is not UTF-8 text")])
def test_a_lock_that_cannot_be_read_says_what_to_do(content: bytes | None, problem: str, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    if content is not None:
        (tmp_path / "m/requirements.txt").write_bytes(content)
    with pytest.raises(KitError, match=f"{problem}; run `kit lock m`$"):
        read_lock(tmp_path / "m/requirements.txt", str(PATH))


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A module's folder as `kit lock` leaves it."""
    (tmp_path / "requirements.in").write_text("six==1.17.0  # why\n\n")
    body = f"six==1.17.0 {HASH}\n"
    (tmp_path / "requirements.txt").write_text(f"{NOTICE}{SEAL}{seal_of(tmp_path, '3.11', body)}\n{body}")
    return tmp_path


def test_a_lock_is_current_until_what_it_was_made_from_changes(sealed: Path) -> None:
    assert is_current(sealed, "3.11")
    assert not is_current(sealed, "3.12")
    (sealed / "requirements.in").write_text("\nsix==1.17.0  # another comment\n")
    assert is_current(sealed, "3.11")
    (sealed / "requirements.in").write_text("six==1.16.0\n")
    assert not is_current(sealed, "3.11")


@pytest.mark.parametrize("change", ["an edited pin", "no notice", "no seal", "nothing"])
def test_a_lock_that_was_edited_by_hand_is_not_current(change: str, sealed: Path) -> None:
    place = sealed / "requirements.txt"
    text = place.read_text()
    edited = {
        "an edited pin": text.replace("1.17.0", "1.16.0"),
        "no notice": text.removeprefix(NOTICE),
        "no seal": f"six==1.17.0 {HASH}\n",
        "nothing": "",
    }
    place.write_text(edited[change])
    assert not is_current(sealed, "3.11")
    place.unlink()
    assert not is_current(sealed, "3.11")
