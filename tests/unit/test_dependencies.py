"""What the kit imports is what its distribution says it needs."""

import ast
import sys
import tomllib
from collections import defaultdict
from functools import cache
from importlib.metadata import packages_distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from places import ROOT, SOURCE

KIT = SOURCE / "kit/src/kit"
PROJECT = tomllib.loads((SOURCE / "kit/pyproject.toml").read_text())["project"]
# What is needed without being imported by the kit itself, and who needs it.
UNSEEN = {"pyopenssl": "model-signing"}
# Run in a module's environment, not in the kit's.
ELSEWHERE = ("execution/standalone", "testtools")
# No distribution may be called so by us: the public index has one of this name, which is somebody else's.
TAKEN = "kit"


def needed(*extras: str) -> dict[str, Requirement]:
    """Distribution to what the kit asks of it."""
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    return {canonicalize_name(found.name): found for found in map(Requirement, lines)}


@cache
def imported() -> dict[str, set[str]]:
    """Distribution to the files that import it, anywhere in them."""
    homes, found = packages_distributions(), defaultdict(set)
    for file in KIT.rglob("*.py"):
        path = file.relative_to(KIT).as_posix()
        if path.startswith(ELSEWHERE):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names = [node.module]
            for name in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"kit"}:
                (home,) = set(homes.get(name, [f"the unknown package {name}"]))
                found[canonicalize_name(home)].add(path)
    return found


def test_every_import_is_declared() -> None:
    missing = {home: files for home, files in imported().items() if home not in needed("export", "sign")}
    assert not missing


def test_what_only_an_extra_brings_is_imported_by_exports_alone() -> None:
    optional = set(needed("export", "sign")) - set(needed())
    files = {file for home, files in imported().items() if home in optional for file in files}
    assert all(file.startswith("exports/") for file in files), files


def test_nothing_is_declared_that_is_not_imported() -> None:
    assert set(needed("export", "sign")) - set(imported()) == set(UNSEEN)


def test_only_dvc_is_pinned() -> None:
    operators = {name: {one.operator for one in found.specifier} for name, found in needed("export", "sign").items()}
    assert operators.pop("dvc") == {"=="}
    assert all(">=" in found and "==" not in found for found in operators.values()), operators


def test_the_template_tests_with_a_version_of_each_range() -> None:
    lines = (ROOT / "requirements.in").read_text().splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    tested = {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in pins}
    wrong = {
        name: tested.get(name)
        for name, found in needed("export", "sign").items()
        if name not in tested or not found.specifier.contains(tested[name])
    }
    assert not wrong


def test_the_distribution_has_a_name_of_its_own() -> None:
    """The command and the package keep theirs."""
    assert PROJECT["name"] != TAKEN
    assert PROJECT["scripts"] == {"kit": "kit.cli:main"}
    project = tomllib.loads((SOURCE / "pyproject.toml").read_text().replace("{{", "").replace("}}", ""))
    names = {canonicalize_name(Requirement(line).name) for line in project["project"]["dependencies"][1:]}
    extras = [line for lines in project["project"]["optional-dependencies"].values() for line in lines]
    assert names == {PROJECT["name"]} == {canonicalize_name(Requirement(line).name) for line in extras}
    assert project["tool"]["uv"]["sources"] == {PROJECT["name"]: {"path": "kit", "editable": True}}
