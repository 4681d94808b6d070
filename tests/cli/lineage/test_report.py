"""kit report: one page, from which nothing is asked, that a browser shows and a keyboard can use."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab import RAW, Lab, many_stages
from playwright.sync_api import Browser, Page, sync_playwright

from kit.lineage import History
from kit.report.layout import HEIGHT, WIDTH, layout_of
from kit.report.page import page

Kit = Callable[..., tuple[int, str, str]]
ODD = "a b'\"<img src=x onerror=alert(1)>&|é"
CONFUSION = """\
    plots:
    - artifacts/split/test.csv: {template: confusion, x: actual, y: predicted, title: Confusion}
"""
PLOTS = """\
plots:
  - Curve <b>:
      x: x
      y: {artifacts/split/train.csv: value}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium; .ci/run installs it."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None and not os.environ.get("CI"):
        pytest.skip("no Chromium here; Debian's package chromium has it")
    assert program, "CI must have Chromium; .ci/run installs it"
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser: Browser, place: Path, width: int) -> tuple[Page, list[str]]:
    """The page at a width, and what it asked for or complained of."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    trouble: list[str] = []
    page.on("request", lambda request: trouble.append(request.url) if request.url != place.as_uri() else None)
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.goto(place.as_uri())
    return page, trouble


@pytest.fixture
def report(lab: Lab, kit: Kit) -> Path:
    lab.params["encoder"] = {"seed": 5}
    lab.repro()
    lab.experiment("noisy-owl")
    assert kit("report", "-o", "out/report.html") == (0, "written to out/report.html\n", "")
    return lab.root / "out/report.html"


@pytest.mark.parametrize("width", [1280, 390])
def test_a_stage_opens_by_mouse(width: int, report: Path, browser: Browser) -> None:
    page, trouble = opened(browser, report, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("details[open]").count() == 0
    page.locator("a.box", has_text="encode").click()
    section = page.locator("details[open]")
    assert section.count() == 1
    assert "encode" in section.locator("summary").inner_text()
    assert section.get_by_text("artifacts/encode/encoder.safetensors").is_visible()
    assert trouble == []


def test_a_stage_opens_by_keyboard(report: Path, browser: Browser) -> None:
    page, trouble = opened(browser, report, 1280)
    page.keyboard.press("Tab")  # raw data stands first
    page.keyboard.press("Tab")
    assert "split" in page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("Enter")
    assert "split" in page.locator("details[open] summary").inner_text()
    assert trouble == []


def test_it_is_readable_without_scripts(report: Path, browser: Browser) -> None:
    assert "<script" not in report.read_text()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    page.locator("summary", has_text="evaluate").click()
    assert page.get_by_text("artifacts/evaluate/metrics.json").first.is_visible()


def test_everything_is_printed(report: Path, browser: Browser) -> None:
    page, _ = opened(browser, report, 1280)
    page.emulate_media(media="print")
    assert all(page.locator("details .body").nth(index).is_visible() for index in range(5))


def test_it_tells_what_there_is(report: Path, lab: Lab) -> None:
    text = report.read_text()
    for words in (
        "Nothing is wrong with the 4 runs",
        "noisy-owl",
        "encoder.seed=5",
        "Test CPU",
        "accuracy",
        "cpython-3.11.7",
    ):
        assert words in text
    assert lab.store("artifacts/train/head.safetensors") in text


def test_findings_come_first_and_colour_their_stage(lab: Lab, kit: Kit) -> None:
    lab.write("artifacts/train/head.safetensors", b"x")
    kit("report")
    text = lab.read("report.html")
    assert '<li class="error"><b>error</b> <code>artifacts/train/head.safetensors</code>' in text
    assert text.index("<h2>Verified") < text.index("<h2>Module graph")
    classes = dict(re.findall(r'<a href="#stage-(\w+)" class="box (\w+)"', text))
    assert classes == {"split": "good", "encode": "good", "train": "error", "evaluate": "error"}


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    lab = Lab(tmp_path / "odd", {"split": ("splitter", ["data/raw.csv"], [f"artifacts/split/{ODD}.csv"])})
    monkeypatch.chdir(lab.root)
    lab.data("data/raw.csv", RAW)
    lab.params["splitter"] = {"seed": ODD}
    lab.repro()
    lab.commit(f"</title><script>alert(1)</script> {ODD}")
    return lab


def test_names_with_spaces_quotes_and_markup_are_only_text(odd: Lab, kit: Kit, browser: Browser) -> None:
    odd.experiment("<b>owl")
    odd.write(
        "data/README.md",
        "---\nfiles:\n  raw.csv: {license: '<script>alert(2)</script>', source: '\"><img src=y>'}\n---\n",
    )
    assert kit("report")[0] == 0
    page, trouble = opened(browser, odd.root / "report.html", 1280)
    page.locator("a.box").nth(1).click()
    assert page.get_by_text(f"artifacts/split/{ODD}.csv").first.is_visible()
    assert page.locator("img, script, b:has-text('owl')").count() == 0
    assert trouble == []


@pytest.mark.parametrize("width", [1280, 390])
def test_plots_of_the_pipeline_are_drawn(width: int, lab: Lab, kit: Kit, browser: Browser) -> None:
    lab.stages = {name: stage for name, stage in lab.stages.items() if name == "split"}
    lab.repro()
    for path, table in {
        "artifacts/split/train.csv": "x,value\n" + "".join(f"{n},{n * n}\n" for n in range(10)),
        "artifacts/split/test.csv": "actual,predicted\n" + "".join(f"{n % 12},{n % 11}\n" for n in range(300)),
    }.items():
        lab.write(path, table)
        text = lab.read("dvc.lock")
        old = text.partition(f"path: {path}\n")[2].split("md5: ")[1].split()[0]
        lab.write("dvc.lock", text.replace(old, lab.store(path)))
    lab.write("dvc.yaml", lab.read("dvc.yaml") + CONFUSION + PLOTS)
    kit("report")
    page, trouble = opened(browser, lab.root / "report.html", width)
    assert page.locator("figcaption").all_inner_texts() == ["Confusion", "Curve <b>"]
    assert page.locator("polyline").get_attribute("points").count(",") == 10
    assert page.locator(".confusion tr").count() == 13
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert trouble == []


def test_a_project_in_which_nothing_has_run(tmp_path: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(tmp_path / "new", {"split": ("splitter", ["data/raw.csv"], ["artifacts/split/x.csv"])})
    lab.commit()
    monkeypatch.chdir(lab.root)
    assert kit("report")[0] == 0
    assert "No stage has run at this revision." in lab.read("report.html")


def test_a_large_page_stays_small(tmp_path: Path) -> None:
    lab = many_stages(tmp_path / "big", 120)
    history = History.of(lab.root)
    text = page(history, history.revision(), "big")
    assert text.count("<details") == 121
    assert len(text) / 121 < 6000  # bytes a stage: 500 stages are under 3 MB; benchmarks/report.py measures the time


def test_ten_thousand_experiments_are_counted_and_the_newest_shown(lab: Lab, kit: Kit) -> None:
    lab.params["head"] = {"seed": 5}
    lab.repro()
    commit = lab.experiment("noisy-owl")
    head = lab.git("rev-parse", "HEAD").strip()
    tree = lab.git("rev-parse", f"{commit}^{{tree}}").strip()
    stream = []
    for number in range(10_000):
        stream.append(
            f"commit refs/exps/{head[:2]}/{head[2:]}/exp-{number}\ncommitter T <t@e.x> {1_800_000_000 + number} +0000\n"
        )
        stream.append(f"data 1\nx\nfrom {head}\nM 040000 {tree} \n\n")
    subprocess.run(["git", "fast-import", "--quiet"], input="".join(stream), text=True, check=True)
    assert kit("report")[0] == 0
    text = lab.read("report.html")
    assert "9901 older experiments are not shown." in text
    assert "exp-9999" in text
    assert kit("find", "artifacts/split/train.csv")[1].count("\n") == 2
    assert kit("impact", "data/raw.csv")[0] == 0


def test_boxes_do_not_overlap_and_lines_stay_inside() -> None:
    names = [f"n{number}" for number in range(30)]
    edges = [(f"n{number // 2}", f"n{number}") for number in range(1, 30)] + [("n0", "n29"), ("n3", "n28")]
    drawn = layout_of([*names, "alone"], edges)
    places = list(drawn.centres.values())
    for index, (x, y) in enumerate(places):
        assert WIDTH / 2 <= x <= drawn.width - WIDTH / 2
        assert HEIGHT / 2 <= y <= drawn.height - HEIGHT / 2
        assert all(abs(x - a) >= WIDTH or abs(y - b) >= HEIGHT for a, b in places[:index])
    assert all(0 <= x <= drawn.width and 0 <= y <= drawn.height for points in drawn.lines.values() for x, y in points)


def test_a_circle_is_drawn_all_the_same() -> None:
    assert len(layout_of(["a", "b"], [("a", "b"), ("b", "a")]).centres) == 2
