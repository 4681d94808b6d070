"""How long `kit report` takes for 500 stages, and how large the page is, against the audit in it."""

import os
import sys
import tempfile
import time
from pathlib import Path

from stopwatch import ROOT, report

sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "{{cookiecutter.project}}/kit/src"))

from lab import many_stages

from kit.lineage import History, verify
from kit.report.page import page

STAGES = 500


def main() -> None:
    os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
    with tempfile.TemporaryDirectory() as folder:
        lab = many_stages(Path(folder), STAGES)
        started = time.perf_counter()
        history = History.of(lab.root)
        verify(history, [history.revision()])
        reference = time.perf_counter() - started
        started = time.perf_counter()
        history = History.of(lab.root)
        text = page(history, history.revision(), "big")
        report(f"kit report, {STAGES} stages", time.perf_counter() - started, "the audit that it contains", reference)
        print(f"the page has {len(text.encode()) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
