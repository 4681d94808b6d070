"""A clone with the inputs that a stage read, wherever their bytes are."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import Lab

from kit.dvc.artifact import Artifact
from kit.dvc.hashing import hash_anywhere, md5_of_bytes
from kit.errors import KitError
from kit.lineage import History
from kit.lineage.compare.clean_clone import clone_of, place_input


def store_folder(lab: Lab, path: str) -> None:
    """Copy a folder into DVC's cache, listing and files."""
    here = lab.root / path
    names = sorted(file.relative_to(here).as_posix() for file in here.rglob("*") if file.is_file())
    listing = json.dumps([{"md5": lab.store(f"{path}/{name}"), "relpath": name} for name in names], sort_keys=True)
    md5 = md5_of_bytes(listing.encode())
    lab.write(f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}.dir", listing)


def an_empty_file(lab: Lab) -> Artifact:
    lab.write("data/more.csv", "")
    lab.store("data/more.csv")
    return Artifact("data/more.csv", md5_of_bytes(b""))


def a_file(lab: Lab) -> Artifact:
    lab.write("data/more.csv", "x")
    lab.store("data/more.csv")
    return Artifact("data/more.csv", md5_of_bytes(b"x"))


def a_folder(lab: Lab) -> Artifact:
    lab.write("data/more/inside/x.csv", "x")
    lab.write("data/more/empty.csv", "")
    store_folder(lab, "data/more")
    return Artifact("data/more", hash_anywhere(lab.root / "data/more", lab.root))


def an_empty_folder(lab: Lab) -> Artifact:
    (lab.root / "data/more").mkdir()
    store_folder(lab, "data/more")
    return Artifact("data/more", hash_anywhere(lab.root / "data/more", lab.root))


def only_in_the_cache(lab: Lab, dep: Artifact) -> None:
    place = lab.root / dep.path
    shutil.rmtree(place) if place.is_dir() else place.unlink()


def only_in_the_working_tree(lab: Lab, dep: Artifact) -> None:
    shutil.rmtree(lab.root / ".dvc/cache")


def only_in_git(lab: Lab, dep: Artifact) -> None:
    lab.write(".gitignore", ".dvc/cache\n")
    lab.commit("Add it")
    only_in_the_working_tree(lab, dep)
    only_in_the_cache(lab, dep)


def placed(lab: Lab, dep: Artifact, rev: str | None, tmp_path: Path) -> Path:
    history = History.of(lab.root)
    revision, clone = history.revision(rev), tmp_path / "fresh/clone"
    clone_of(history, revision, clone)
    place_input(history, revision, dep, clone)
    return clone / dep.path


MADE = [a_file, an_empty_file, a_folder, an_empty_folder]
KEPT = [only_in_the_cache, only_in_the_working_tree, only_in_git]
# Git holds no empty folders.
PAIRS = [(made, kept) for made in MADE for kept in KEPT if (made, kept) != (an_empty_folder, only_in_git)]


@pytest.mark.parametrize(("made", "kept"), PAIRS)
def test_an_input_is_found_wherever_it_is(
    made: Callable[[Lab], Artifact], kept: Callable[[Lab, Artifact], None], lab: Lab, tmp_path: Path
) -> None:
    dep = made(lab)
    kept(lab, dep)
    place = placed(lab, dep, "HEAD" if kept is only_in_git else None, tmp_path)
    assert hash_anywhere(place, place) == dep.hash


def test_an_input_that_was_edited_is_the_recorded_one_in_the_clone(lab: Lab, tmp_path: Path) -> None:
    dep = a_folder(lab)
    lab.write("data/more/inside/x.csv", "edited")
    assert (placed(lab, dep, None, tmp_path) / "inside/x.csv").read_text() == "x"


@pytest.mark.parametrize("made", MADE)
def test_an_input_that_is_nowhere_is_told(made: Callable[[Lab], Artifact], lab: Lab, tmp_path: Path) -> None:
    dep = made(lab)
    only_in_the_cache(lab, dep)
    shutil.rmtree(lab.root / ".dvc/cache")
    with pytest.raises(KitError, match=rf"^{dep.path}: its bytes .* are not on this machine"):
        placed(lab, dep, None, tmp_path)


def test_a_listing_that_leads_out_of_its_folder_is_refused(lab: Lab, tmp_path: Path) -> None:
    listing = json.dumps([{"md5": lab.store("data/raw.csv"), "relpath": "../../../escaped"}])
    md5 = md5_of_bytes(listing.encode())
    lab.write(f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}.dir", listing)
    with pytest.raises(KitError, match="is outside the folder"):
        placed(lab, Artifact("data/more", f"{md5}.dir"), None, tmp_path)
