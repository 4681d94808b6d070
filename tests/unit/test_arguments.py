"""`kit --help` lists every command once, under one of five titles, whatever the terminal's width."""

import re

import pytest
from places import SOURCE

from kit.arguments import GROUPS, parser

COMMANDS = {path.stem for path in (SOURCE / "kit/src/kit/commands").glob("[a-z]*.py")}
LISTED = re.compile(r"^  ([a-z]+)(?=  |$)", re.MULTILINE)


def groups(text: str) -> dict[str, list[str]]:
    """Title to the commands under it."""
    parts = re.split(rf"^({'|'.join(map(re.escape, GROUPS))}):$", text, flags=re.MULTILINE)
    return {title: LISTED.findall(body) for title, body in zip(parts[1::2], parts[2::2], strict=True)}


@pytest.fixture(params=[60, 80, 200])
def help_text(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(request.param))
    return parser().format_help()


def test_every_command_is_in_exactly_one_of_five_groups(help_text: str) -> None:
    found = groups(help_text)
    assert len(found) == 5
    assert sorted(name for names in found.values() for name in names) == sorted(COMMANDS)


def test_no_line_is_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, parser().format_help().splitlines())) <= 60


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_describes_itself_and_its_arguments(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parser().parse_args([command, "--help"])
    assert end.value.code == 0
    usage, description, *_ = capsys.readouterr().out.split("\n\n")
    assert usage.startswith(f"usage: kit {command} [-h]")
    assert re.fullmatch(r"[A-Z`].+\.", description, re.DOTALL)


def test_every_argument_is_described() -> None:
    commands = next(action for action in parser()._actions if action.dest == "command").choices
    assert commands
    undescribed = {(name, a.dest) for name, command in commands.items() for a in command._actions if not a.help}
    assert undescribed == set()


@pytest.mark.parametrize(("arguments", "what"), [([], "COMMAND"), (["nonsense"], "'nonsense'"), (["run"], "stage")])
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(
    arguments: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        parser().parse_args(arguments)
    assert end.value.code == 2
    assert what in capsys.readouterr().err.splitlines()[-1]
