"""A module travels from one project to another, and nothing dangerous with it."""

import os
import subprocess
from collections.abc import Callable

import pytest

from kit.formats.documents import read_yaml

from .conftest import Repository, tree

Kit = Callable[..., tuple[int, str, str]]


def test_a_module_comes_with_its_contract_and_its_settings(library: Repository, taker: Repository, kit: Kit) -> None:
    code, out, err = kit("add", "../library@v1.0.0", "doubler")
    assert code == 0, err
    for path in ("modules/doubler/run.py", "modules/doubler/requirements.txt", "contracts/numbers.yaml"):
        assert taker.read(path) == library.read(path)
    assert taker.read("params.yaml") == "# theirs\n\ndoubler:\n  factor: 3  # the library's choice\n"
    assert taker.read("CODEOWNERS").splitlines()[1:-1] == ["/modules/doubler/ ana@example.com"]
    assert "contracts numbers" in out
    assert kit("check")[0] == 0


def test_where_it_came_from_is_kept(library: Repository, taken: Repository) -> None:
    entry = read_yaml(taken.root / "modules.lock", "modules.lock")["doubler"]
    assert entry["source"] == "../library"
    assert entry["rev"] == "v1.0.0"
    assert entry["commit"] == library.git("rev-parse", "v1.0.0")
    assert entry["added_by"] == "Bob <bob@example.com>"
    assert len(entry["digest"]) == 64


@pytest.mark.parametrize("how", ["annotated tag", "branch", "commit", "no revision", "bare", "file URL", "own folder"])
def test_every_way_to_name_a_source(how: str, library: Repository, taker: Repository, kit: Kit) -> None:
    commit = library.git("rev-parse", "HEAD")
    library.git("tag", "--annotate", "lib/v2", "--message", "two")
    subprocess.run(["git", "clone", "--quiet", "--bare", library.root, library.root.parent / "bare.git"], check=True)
    source = {
        "annotated tag": "../library@lib/v2",
        "branch": "../library@main",
        "commit": f"../library@{commit}",
        "no revision": "../library",
        "bare": "../bare.git@v1.0.0",
        "file URL": f"{library.root.as_uri()}@v1.0.0",
        "own folder": "../library/modules/doubler@v1.0.0",
    }[how]
    code, _, err = kit("add", source)
    assert code == 0, err
    assert read_yaml(taker.root / "modules.lock", "modules.lock")["doubler"]["commit"] == commit


def test_what_is_not_committed_there_does_not_come(library: Repository, taker: Repository, kit: Kit) -> None:
    library.edit("modules/doubler/run.py", "factor = ", "factor = 1 + ")
    assert kit("add", "../library")[0] == 0
    assert "1 + " not in taker.read("modules/doubler/run.py")


def test_a_folder_outside_git_will_do(library: Repository, taker: Repository, kit: Kit) -> None:
    (library.root / ".git").rename(library.root / "not-git")
    assert kit("add", "../library/modules/doubler")[0] == 0
    assert read_yaml(taker.root / "modules.lock", "modules.lock")["doubler"]["commit"] is None
    assert (
        kit("add", "../library@v1")[2] == f"kit: {library.root}: is not in a Git repository, so it has no revision v1\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["../nowhere"], "no such folder, and no URL"),
        (["-c core.sshCommand=touch@v1"], "no such folder"),
        (["ext::sh -c touch% x"], "no such folder"),
        (["http://127.0.0.1:9/x.git"], "no such folder"),
        (["https://127.0.0.1:9/x.git@v1"], "cannot be read"),
        (["../library@v9"], "cannot be read"),
        (["../library@--upload-pack=touch x"], "is not a tag, branch or commit of it"),
        (["../library", "tripler"], "has no module tripler"),
        (["../library", "../doubler"], "is not a module name"),
    ],
)
def test_a_wrong_source_changes_nothing(
    arguments: list[str], said: str, library: Repository, taker: Repository, kit: Kit
) -> None:
    before = tree(taker.root)
    code, _, err = kit("add", "--", *arguments)
    assert code == 1
    assert said in err
    assert err.count("\n") == 1
    assert tree(taker.root) == before


def test_a_module_that_is_there_is_left_alone(taken: Repository, kit: Kit) -> None:
    code, _, err = kit("add", "../library@v1.0.0")
    assert code == 1
    assert "already exists; `kit update doubler`" in err


def test_an_equal_contract_is_shared_and_another_refused(library: Repository, taker: Repository, kit: Kit) -> None:
    taker.write("contracts/numbers.yaml", "kind: table\ndescription: Ours.\nschema: {columns: {x: {dtype: float64}}}\n")
    before = tree(taker.root)
    assert "contracts/numbers.yaml: differs from that of" in kit("add", "../library")[2]
    assert tree(taker.root) == before
    taker.edit("contracts/numbers.yaml", "float64", "int64")
    assert kit("add", "../library")[0] == 0
    assert "Ours." in taker.read("contracts/numbers.yaml")


def test_parameters_without_a_value_are_named(library: Repository, taker: Repository, kit: Kit) -> None:
    library.write("params.yaml", "")
    library.edit("modules/doubler/module.yaml", "default: 2}", "default: 2}\n  other: {type: integer}")
    library.release("v1.0.1")
    assert "params.yaml: doubler: set other" in kit("add", "../library")[1]


def link_out(library: Repository) -> None:
    os.symlink("/etc/passwd", library.root / "modules/doubler/table.csv")


def hook_script(library: Repository) -> None:
    library.write("modules/doubler/post_checkout.py", "print('ran')\n")
    (library.root / "modules/doubler/post_checkout.py").chmod(0o755)


def hidden_file(library: Repository) -> None:
    library.write("modules/doubler/.gitattributes", "* filter=evil\n")


def pickle(library: Repository) -> None:
    library.write("modules/doubler/weights.pkl", "cos\nsystem\n")


def large_file(library: Repository) -> None:
    with open(library.root / "modules/doubler/big.csv", "wb") as file:
        file.truncate(3_000_000)


def many_files(library: Repository) -> None:
    for number in range(300):
        library.write(f"modules/doubler/data/f{number}.csv", f"{number}\n")


def two_cases(library: Repository) -> None:
    library.write("modules/doubler/Run.py", "x = 1\n")


def address_in_lock(library: Repository) -> None:
    path = library.root / "modules/doubler/requirements.txt"
    path.write_text(path.read_text() + "evil @ https://example.com/evil.whl --hash=sha256:" + "0" * 64 + "\n")


def index_in_lock(library: Repository) -> None:
    path = library.root / "modules/doubler/requirements.txt"
    path.write_text("--index-url https://example.com/simple\n" + path.read_text())


def link_as_contract(library: Repository) -> None:
    (library.root / "contracts/numbers.yaml").unlink()
    os.symlink("/etc/passwd", library.root / "contracts/numbers.yaml")


def type_that_leaves(library: Repository) -> None:
    library.edit("modules/doubler/module.yaml", "{numbers: numbers}", "{numbers: ../../etc/passwd}")


MALICE = {
    link_out: "table.csv: is a link",
    hook_script: "post_checkout.py: is executable",
    hidden_file: ".gitattributes: is hidden",
    pickle: "weights.pkl: is not a kind of file",
    large_file: "big.csv: is larger than 1 MiB",
    many_files: "larger than a module may be",
    two_cases: "is the same file as",
    address_in_lock: "evil is not pinned",
    index_in_lock: "--index-url is not allowed in a lock",
    link_as_contract: "numbers.yaml: is a link",
    type_that_leaves: "does not match",
}


@pytest.mark.parametrize("kind", ["repository", "folder"])
@pytest.mark.parametrize(("plant", "said"), MALICE.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_malicious_source_is_refused(
    plant: Callable[[Repository], None], said: str, kind: str, library: Repository, taker: Repository, kit: Kit
) -> None:
    plant(library)
    library.release("evil")
    if kind == "folder":
        (library.root / ".git").rename(library.root / "not-git")
    before = tree(taker.root)
    code, _, err = kit("add", "../library")
    assert code == 1
    assert said in err
    assert tree(taker.root) == before


def crafted(library: Repository, entries: str) -> None:
    """Commit a tree that no working folder could give."""
    module = library.git("rev-parse", "HEAD:modules/doubler")
    blob = library.git("rev-parse", "HEAD:modules/doubler/run.py")
    listing = library.git("ls-tree", module) + "\n" + entries.format(blob=blob)
    done = subprocess.run(["git", "mktree"], cwd=library.root, input=listing + "\n", text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    modules = f"040000 tree {done.stdout.strip()}\tdoubler\n"
    modules_tree = subprocess.check_output(["git", "mktree"], cwd=library.root, input=modules, text=True).strip()
    listing = library.git("ls-tree", "HEAD").replace(library.git("rev-parse", "HEAD:modules"), modules_tree) + "\n"
    root = subprocess.check_output(["git", "mktree"], cwd=library.root, input=listing, text=True).strip()
    commit = library.git("commit-tree", root, "-m", "crafted")
    library.git("update-ref", "refs/heads/crafted", commit)


@pytest.mark.parametrize("name", ["..", ".git", "...", "a\\b.py"])
def test_a_crafted_tree_is_refused(name: str, library: Repository, taker: Repository, kit: Kit) -> None:
    crafted(library, f"100644 blob {{blob}}\t{name}")
    before = tree(taker.root)
    code, _, err = kit("add", "../library@crafted", "doubler")
    assert code == 1, err
    assert err.count("\n") == 1
    assert tree(taker.root) == before
    assert sorted(path.name for path in taker.root.parent.iterdir()) == ["library", "taker"]


@pytest.mark.parametrize("kind", ["repository", "folder"])
def test_ten_gigabytes_are_refused_before_they_are_read(
    kind: str, library: Repository, taker: Repository, kit: Kit
) -> None:
    """A sparse file in a folder; in Git a large random one, of which next to nothing may be fetched."""
    place = library.root / "modules/doubler/big.csv"
    if kind == "folder":
        (library.root / ".git").rename(library.root / "not-git")
        with open(place, "wb") as file:
            file.truncate(10 << 30)
    else:
        place.write_bytes(os.urandom(30 << 20))
        library.release("large")
    code, _, err = kit("add", "../library")
    assert code == 1
    size = " (10737418240 bytes)" if kind == "folder" else ""  # of what was not fetched, not even the size is known
    assert f"big.csv: is larger than 1 MiB{size};" in err
