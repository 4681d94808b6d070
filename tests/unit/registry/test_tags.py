"""Versions and assignments as the registry's tags record them."""

from datetime import UTC, datetime

import pytest

from kit.registry.tags import ROLLBACK, Assignment, Version, before_current

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def assignments(*events: str) -> list[Assignment]:
    """Each event is a version, `-` for a removal, or a version after `<` for going back to it."""
    return [
        Assignment("prod", event.strip("-<"), NOW, "Tester", f"{ROLLBACK} m" if event.startswith("<") else "Assign m")
        for event in events
    ]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], None),
        (["v1.0.0"], None),
        (["v1.0.0", "v2.0.0"], "v1.0.0"),
        (["v1.0.0", "v2.0.0", "v3.0.0"], "v2.0.0"),
        (["v1.0.0", "v2.0.0", "v3.0.0", "<v2.0.0"], "v1.0.0"),
        (["v1.0.0", "v2.0.0", "<v1.0.0"], None),
        (["v1.0.0", "v2.0.0", "<v1.0.0", "v3.0.0"], "v1.0.0"),
        (["v1.0.0", "v2.0.0", "-", "v3.0.0"], "v2.0.0"),
        (["v1.0.0", "v2.0.0", "v1.0.0"], "v2.0.0"),
        (["v1.0.0", "<v9.0.0"], "v1.0.0"),  # its first assignment is not in this clone
    ],
)
def test_going_back_undoes_one_assignment(events: list[str], expected: str | None) -> None:
    assert before_current(assignments(*events)) == expected


def test_versions_are_ordered_by_their_numbers() -> None:
    names = ["v1.10.0", "v1.9.3", "v2.0.0-rc.1", "v0.20.0"]
    versions = [Version(name, "c", NOW, "Tester", "") for name in names]
    ordered = [version.name for version in sorted(versions, key=lambda version: version.numbers)]
    assert ordered == ["v0.20.0", "v1.9.3", "v1.10.0", "v2.0.0-rc.1"]


def test_a_line_of_a_tags_message_is_found_by_its_key() -> None:
    version = Version("v1.0.0", "c", NOW, "Tester", "Register m\n\ninterface: abc\nnote: a: b\n")
    assert (version.line("interface"), version.line("note"), version.line("inter")) == ("abc", "a: b", None)
