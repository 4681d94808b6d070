"""`kit.lineage` is the public interface of the lineage room: complete, quick to import, and the same in any order."""

import ast
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from house import imports_of, room_of, rooms
from places import SOURCE

import kit.lineage

KIT = SOURCE / "kit/src"
INIT = KIT / "kit/lineage/__init__.py"
FUNCTIONS = [name for name in kit.lineage.__all__ if name.islower()]


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    variables = {**os.environ, "PYTHONPATH": str(KIT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=variables)
    return done.stdout.strip()


def for_type_checkers() -> dict[str, str]:
    """Name to module, as the imports under TYPE_CHECKING say."""
    nodes = ast.walk(ast.parse(INIT.read_text(encoding="utf-8")))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kit.")]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def test_type_checkers_python_and_all_name_the_same() -> None:
    homes = {name: f"kit.lineage.{home}" for home, names in kit.lineage._HOMES.items() for name in names}
    assert homes == for_type_checkers()
    assert sorted(kit.lineage.__all__) == sorted(homes)


@pytest.mark.parametrize("name", kit.lineage.__all__)
def test_a_name_is_what_its_module_defines(name: str) -> None:
    assert getattr(kit.lineage, name).__module__ == for_type_checkers()[name]


def test_no_name_is_that_of_a_module() -> None:
    modules = {module.name for module in pkgutil.iter_modules(kit.lineage.__path__)}
    assert modules
    assert not modules & set(kit.lineage.__all__)


def test_a_name_means_the_same_after_every_module_was_imported() -> None:
    code = f"""
import importlib, pkgutil, kit.lineage
for module in pkgutil.walk_packages(kit.lineage.__path__, "kit.lineage."):
    importlib.import_module(module.name)
from kit.lineage import {", ".join(FUNCTIONS)}
print(all(map(callable, [{", ".join(FUNCTIONS)}])))
"""
    assert python(code) == "True"


def test_an_unknown_name_is_an_error_that_says_so() -> None:
    with pytest.raises(ImportError, match=r"cannot import name 'nonsense' from 'kit\.lineage'"):
        from kit.lineage import nonsense  # noqa: F401


def test_importing_it_loads_nothing_else() -> None:
    code = "import sys, kit.lineage; print([name for name in sys.modules if name.startswith('kit.')])"
    assert python(code) == "['kit.lineage']"


def test_every_function_says_what_it_does() -> None:
    undocumented = [name for name in kit.lineage.__all__ if not getattr(kit.lineage, name).__doc__]
    assert not undocumented


def test_other_rooms_take_public_names_from_it() -> None:
    homes = for_type_checkers()
    for one in imports_of():
        if room_of(one.source, rooms()) != "lineage" and one.target in homes.values():
            line = (KIT / Path(one.file)).read_text(encoding="utf-8").splitlines()[one.line - 1]
            names = {name.strip() for name in line.partition(" import ")[2].split(",")}
            public = names & set(homes)
            assert not public, f"{one}: write `from kit.lineage import {', '.join(sorted(public))}`"
