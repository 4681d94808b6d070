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
        "no: stage double: input port figures of tripler has no file in deps; add PATH/figures.*",
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


ANOTHER = """\
  again:
    cmd: kit run again
    deps: ['modules/${slots.other}', data/numbers.csv]
    params: [slots.other, '${slots.other}']
    outs: [artifacts/again/doubled.csv]
"""
# What breaks the stage of slot doubler, or one beside it.
BROKEN_STAGES = {
    "an unknown reference": lambda: replace("dvc.yaml", "data/numbers.csv", "'${nowhere}.csv'"),
    "an unknown slot": lambda: replace("dvc.yaml", "slots.doubler}',", "slots.nothing}',"),
    "another stage's command": lambda: replace("dvc.yaml", "kit run double", "kit run other"),
    "no section in params": lambda: replace("dvc.yaml", ", '${slots.doubler}']", "]"),
    "a stage beside it": lambda: replace("dvc.yaml", "stages:\n", "stages:\n" + ANOTHER),
}


@pytest.mark.parametrize("act", BROKEN_STAGES.values(), ids=BROKEN_STAGES)
def test_a_broken_stage_is_an_error(act: Callable[[], object], slot: Path, kit: Kit) -> None:
    act()
    code, out, errors = kit("matrix")
    assert (code, out) == (1, "")
    assert errors.startswith("kit: dvc.yaml:")
    assert errors.count("\n") == 1


BROKEN_MODULES = {
    "the chosen module is not there": (
        lambda: replace("params.yaml", "slots: {doubler: doubler}", "slots: {doubler: gone}"),
        ("doubler", "gone", "modules/gone: no such module folder"),
    ),
    "the chosen module is of another family": (
        lambda: replace("modules/doubler/module.yaml", "family: doubler", "family: tripler"),
        ("doubler", "doubler", "modules/doubler/module.yaml: its family is tripler"),
    ),
    "the chosen module cannot be read": (
        lambda: replace("modules/doubler/module.yaml", "family:", "famly:"),
        ("doubler", "doubler", "modules/doubler/module.yaml:"),
    ),
    "another module cannot be read": (
        lambda: replace("modules/tripler/module.yaml", "family:", "famly:"),
        ("unknown", "tripler", "modules/tripler/module.yaml:"),
    ),
    "no stage says that it has the slot": (
        lambda: replace("dvc.yaml", "params: [slots.doubler, ", "params: ["),
        ("doubler", "doubler", "no stage lists slots.doubler in its params"),
    ),
}


@pytest.mark.parametrize(("act", "expected"), BROKEN_MODULES.values(), ids=BROKEN_MODULES)
def test_no_slot_and_no_module_is_dropped(
    act: Callable[[], object], expected: tuple[str, str, str], slot: Path, kit: Kit
) -> None:
    act()
    code, out, _ = kit("matrix")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in out.splitlines()[2:]]
    assert code == 0
    assert any((at, module) == expected[:2] and fits.startswith(f"no: {expected[2]}") for at, module, _, fits in rows)


def test_a_slot_that_nothing_fits_is_not_measured(slot: Path, kit: Kit) -> None:
    shutil.rmtree("modules/tripler")
    replace("modules/doubler/module.yaml", "family:", "famly:")
    Path("pyproject.toml").write_text('[tool.kit.matrix]\nmetric = "m.json:a"\nverdict = "m.json:b"\n')
    code, _, errors = kit("matrix", "--measure")
    assert (code, errors) == (
        1,
        "kit: slot doubler: no module fits, so there is nothing to measure; see the table\n",
    )
