"""Where the template and the project inside it lie."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "{{cookiecutter.project}}"
