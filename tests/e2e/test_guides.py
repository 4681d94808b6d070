"""The guides' own commands, run in the digits example; files that they show are written where they say."""

import re
import subprocess
from pathlib import Path

import pytest
from e2e_project import Baked
from places import SOURCE

BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
GUIDES = sorted(path.name for path in (SOURCE / "docs").glob("*.md"))
ELSEWHERE = {"audit.md": "test_audit.py", "embedding-spaces.md": "test_spaces.py", "updates.md": "test_updates.py"}
RUN = [name for name in GUIDES if name not in ELSEWHERE]


@pytest.fixture
def ready(project: Baked, tmp_path: Path) -> Baked:
    """With an origin, a place for data, and a library beside it."""
    project.run("git", "clone", "--quiet", "--bare", ".", str(tmp_path / "origin.git"))
    project.run("git", "remote", "add", "origin", str(tmp_path / "origin.git"))
    project.run("git", "fetch", "--quiet", "origin")
    library = Baked(tmp_path / "library", project.tools)
    project.run("git", "clone", "--quiet", ".", str(library.root))
    for key, value in (("user.name", "Ana"), ("user.email", "ana@example.com")):
        library.run("git", "config", key, value)
    library.run("kit", "new", "filter", "denoiser", "--after", "split:support")
    library.commit("Add denoiser")
    library.run("git", "tag", "v1.0.0")
    return project


def data_of_the_script(project: Baked) -> None:
    """Houses on a line, and two that the script drops."""
    rows = "".join(f"{area},{area * 3000 + 20000}\n" for area in range(40, 150))
    (project.root / "houses.csv").write_text(f"area,price\n{rows}0,1\n70,\n")


@pytest.mark.parametrize("guide", RUN)
def test_a_guide_does_what_it_says(guide: str, ready: Baked) -> None:
    if guide == "from-a-script.md":
        data_of_the_script(ready)
    for kind, text in BLOCK.findall((ready.root / "docs" / guide).read_text()):
        place = re.match(r"# ((?:modules|contracts)/\S+)\n", text)
        if kind == "sh":
            ready.run("sh", "-ec", text)
        elif place:
            path = ready.root / place[1]
            assert path.parent.is_dir(), place[1]
            path.write_text(text.removeprefix(place[0]))
    ready.run("kit", "check")
    if guide == "from-a-script.md":
        script = re.search(
            r"```python\n(# house_prices.py\n.*?)```", (ready.root / "docs" / guide).read_text(), re.DOTALL
        )
        assert script
        (ready.root / "house_prices.py").write_text(script[1].replace('"houses.csv"', '"data/raw/houses.csv"'))
        python = ready.tools / "python"
        assert subprocess.check_output([python, "house_prices.py"], cwd=ready.root, text=True) == "mean error 0\n"
        fit = ready.json("artifacts/fit_price/fit_price.json")
        assert fit == pytest.approx({"slope": 3000, "offset": 20000})
        ready.run("ruff", "check", "modules/clean_houses", "modules/fit_price")
        ready.run("ruff", "format", "--check", "modules/clean_houses", "modules/fit_price")


@pytest.mark.parametrize("guide", GUIDES)
def test_links_lead_somewhere(guide: str) -> None:
    text = (SOURCE / "docs" / guide).read_text()
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (SOURCE / "docs" / target).exists(), target


def test_every_guide_is_in_the_index_and_run_somewhere() -> None:
    index = (SOURCE / "docs/README.md").read_text()
    assert all(f"]({name})" in index for name in GUIDES if name != "README.md")
    folder = Path(__file__).parent
    for name, test in ELSEWHERE.items():
        assert name in (folder / test).read_text() or name == "updates.md"
    assert "cruft update --skip-apply-ask" in (SOURCE / "docs/updates.md").read_text()
    assert '"cruft", "update", "--skip-apply-ask"' in (folder / "test_updates.py").read_text()
