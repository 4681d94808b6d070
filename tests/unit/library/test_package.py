"""What comes in from elsewhere is read as text that may be anything."""

from collections.abc import Mapping

import pytest
from small_project import FILES

from kit.errors import KitError
from kit.library.package import Package, checked, params_in, tree_digest, types_named

FOLDER = "modules/doubler/"
MODULE = {path.removeprefix(FOLDER): text.encode() for path, text in FILES.items() if path.startswith(FOLDER)}
HASH = f"--hash=sha256:{'0' * 64}"
MODULE["requirements.txt"] = f"six==1.17.0 {HASH}\n".encode()
CONTRACT = FILES["contracts/numbers.yaml"].encode()
BOMB = b"a: &a [x]\nb: &b [*b]\n"


def package(files: Mapping[str, bytes] = MODULE, contract: bytes = CONTRACT) -> Package:
    return Package("doubler", files, {"numbers": contract}, None, None)


def test_a_module_is_let_in() -> None:
    assert checked(package(), "there").version == "1.0.0"
    assert types_named(MODULE["module.yaml"], "there") == ["numbers"]


@pytest.mark.parametrize("text", [b"a: [", b"\xff", b"a: 1\na: 2\n", BOMB, b"", b"- 1\n", b"kind: no\n"])
def test_a_contract_that_is_none_is_one_error(text: bytes) -> None:
    with pytest.raises(KitError) as failed:
        checked(package(contract=text), "there")
    assert str(failed.value).startswith("there: contracts/numbers.yaml")
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize("text", [b"a: [", b"\xff", b"a: 1\na: 2\n", BOMB, b"", b"- 1\n", b"family: x\n"])
def test_a_module_yaml_that_is_none_is_one_error(text: bytes) -> None:
    with pytest.raises(KitError) as failed:
        types_named(text, "there/module.yaml")
    assert str(failed.value).startswith("there/module.yaml")
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize("file", ["run.py", "module.yaml", "README.md", "requirements.in", "requirements.txt"])
def test_a_file_that_every_module_has_is_missed(file: str) -> None:
    with pytest.raises(KitError, match=f"^there: has no {file} "):
        checked(package({path: data for path, data in MODULE.items() if path != file}), "there")


@pytest.mark.parametrize("lock", [b"six\n", b"six==1.17.0\n", b"-r other.txt\n", b"--index-url http://x\n"])
def test_a_lock_that_pins_nothing_is_refused(lock: bytes) -> None:
    with pytest.raises(KitError, match=r"^there: requirements.txt:1: "):
        checked(package(MODULE | {"requirements.txt": lock}), "there")


@pytest.mark.parametrize("text", [None, b"", b"other: {a: 1}\n", b"a: [", b"\xff", BOMB])
def test_params_that_are_not_there_or_cannot_be_read_are_none(text: bytes | None) -> None:
    assert params_in(text, "doubler") is None


def test_params_come_as_they_stand() -> None:
    assert params_in(b"# top\ndoubler:\n  factor: 2  # two\n", "doubler") == ("factor: 2  # two",)


def test_the_digest_is_of_paths_and_contents_whatever_their_order() -> None:
    files = {"a/b": b"1", "a": b"2"}
    assert tree_digest(files, {"t": b"3"}) == tree_digest(dict(reversed(files.items())), {"t": b"3"})
    others = [({"a/b": b"2", "a": b"1"}, {"t": b"3"}), (files, {"t": b"4"}), (files, {"u": b"3"}), (files, {})]
    assert all(tree_digest(files, {"t": b"3"}) != tree_digest(*other) for other in others)
