"""The lines of Python in kit/README.md work as they stand."""

import re

import pytest
from lab import Lab
from places import SOURCE


def test_the_library_is_used_as_the_readme_says(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    code = re.findall(r"```python\n(.*?)```", (SOURCE / "kit/README.md").read_text(), re.DOTALL)
    assert len(code) == 1
    exec(code[0].replace('"gate"', '"evaluate"'), {})
    assert capsys.readouterr().out == "['data/raw.csv']\n"
