"""What a stage's command and deps say about its module."""

import pytest

from kit.project.stage import is_module_folder, stage_run_by

COMMANDS = {
    "kit run train": "train",
    "kit  run\ttrain --input a=b": "train",
    "kit run train\necho done": "train",
    "kit run": "",
    "kit": None,
    "": None,
    "kit test train": None,
    "python kit run train": None,
    "kitrun train": None,
}


@pytest.mark.parametrize(("command", "stage"), COMMANDS.items())
def test_a_command_names_the_stage_that_it_runs(command: str, stage: str | None) -> None:
    assert stage_run_by(command) == stage


@pytest.mark.parametrize(
    ("path", "is_folder"),
    [
        ("modules/a", True),
        ("modules/a/run.py", False),
        ("modules", False),
        ("modules/", False),
        ("my/modules/a", False),
    ],
)
def test_a_modules_folder_is_not_a_file_in_one(path: str, is_folder: bool) -> None:
    assert is_module_folder(path) == is_folder
