"""kit matrix: which modules fit which slot, from their contracts."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from acts import replace

Kit = Callable[..., tuple[int, str, str]]


@pytest.fixture
def slot(project: Path) -> Path:
    """Slot doubler, which doubler and tripler fit."""
    replace("dvc.yaml", "modules/doubler,", "'modules/${slots.doubler}',")
    replace("dvc.yaml", "params: [doubler]", "params: [slots.doubler, '${slots.doubler}']")
    Path("params.yaml").write_text("slots: {doubler: doubler}\ndoubler: {factor: 2}\ntripler: {factor: 3}\n")
    shutil.copytree("modules/doubler", "modules/tripler")
    return project


def verdicts(kit: Kit) -> dict[str, str]:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in kit("matrix")[1].splitlines()[2:]]
    return {module: fits for _, module, _, fits in rows}


def test_every_module_of_the_family_is_told(slot: Path, kit: Kit) -> None:
    assert verdicts(kit) == {"doubler": "yes, chosen", "tripler": "yes"}


MISFITS = {
    "another input": (
        lambda: replace("modules/tripler/module.yaml", "inputs: {numbers: numbers}", "inputs: {figures: numbers}"),
        "no: input port figures of tripler has no file in deps; add PATH/figures.*",
    ),
    "another output type": (
        lambda: replace("modules/tripler/module.yaml", "doubled: numbers", "doubled: letters"),
        "no: output doubled is of type letters, and the slot's other modules make numbers",
    ),
    "no section": (
        lambda: replace("params.yaml", "tripler: {factor: 3}\n", ""),
        "no: params.yaml has no section tripler",
    ),
    "a bad parameter": (
        lambda: replace("params.yaml", "factor: 3", "factor: 0"),
        "no: params.yaml: tripler.factor: 0 is less than the minimum of 1",
    ),
}


@pytest.mark.parametrize(("act", "verdict"), MISFITS.values(), ids=MISFITS)
def test_what_does_not_fit_is_told_why(act: Callable[[], object], verdict: str, slot: Path, kit: Kit) -> None:
    act()
    assert verdicts(kit) == {"doubler": "yes, chosen", "tripler": verdict}


def test_a_slot_of_two_stages_must_be_filled_in_both(slot: Path, kit: Kit) -> None:
    stage = Path("dvc.yaml").read_text().removeprefix("stages:\n").replace("double:", "again:")
    stage = stage.replace("artifacts/double/", "artifacts/again/").replace(
        "data/numbers.csv", "artifacts/double/doubled.csv"
    )
    stage = stage.replace("run double", "run again --input numbers=artifacts/double/doubled.csv")
    Path("dvc.yaml").write_text(Path("dvc.yaml").read_text() + stage)
    assert verdicts(kit) == {"doubler": "yes, chosen", "tripler": "yes"}
    replace("modules/tripler/module.yaml", "inputs: {numbers: numbers}", "inputs: {numbers: letters}")
    assert verdicts(kit)["tripler"] == "no: input numbers is of type letters, and stage double makes it as numbers"


def test_modules_of_other_families_are_left_out(slot: Path, kit: Kit) -> None:
    replace("modules/tripler/module.yaml", "family: doubler", "family: tripler")
    assert verdicts(kit) == {"doubler": "yes, chosen"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none"], "kit: params.yaml: slots: there is no slot none; slots: doubler\n"),
        (["--measure"], 'kit: pyproject.toml: [tool.kit.matrix] needs metric = "FILE:KEY" and verdict = "FILE:KEY"\n'),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], message: str, slot: Path, kit: Kit) -> None:
    code, _, errors = kit("matrix", *arguments)
    assert (code, errors) == (1, message)


def test_a_broken_pipeline_is_one_line(slot: Path, kit: Kit) -> None:
    replace("dvc.yaml", "cmd:", "cmnd:")
    code, out, errors = kit("matrix")
    assert (code, out) == (1, "")
    assert errors.startswith("kit: dvc.yaml:3: stages.double.cmnd: extra keys")
