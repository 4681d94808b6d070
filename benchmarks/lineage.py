"""Read a long history: 4,000 commits with 1,000 versions of a dvc.lock of 50 stages, against git and a plain parser.

Also a lock of 100,000 nodes. Prints ratios and seconds; no test depends on them.
"""

import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "{{cookiecutter.project}}/kit/src"))

from kit.lineage import History, find, impact, target_of, trace

COMMITS, VERSIONS, STAGES, NODES = 4000, 1000, 50, 33_334
CHANGED = {"every stage of every version differs": STAGES, "5 stages of a version differ": 5}


def md5(*words: object) -> str:
    return hashlib.md5(repr(words).encode(), usedforsecurity=False).hexdigest()


def lock(seeds: list[int]) -> str:
    """A chain of stages; the content of each is decided by its seed."""
    lines = ["schema: '2.0'", "stages:"]
    for number, seed in enumerate(seeds):
        before = f"artifacts/s{number - 1}/out.parquet", md5(number - 1, seeds[number - 1]) if number else md5("raw")
        lines += [
            f"  s{number}:",
            f"    cmd: kit run s{number}",
            "    deps:",
            f"    - path: {before[0]}",
            "      hash: md5",
            f"      md5: {before[1]}",
            "      size: 123456",
            f"    - path: modules/m{number}",
            "      hash: md5",
            f"      md5: {md5('m', seed)}.dir",
            "      size: 2345",
            "      nfiles: 4",
            "    params:",
            "      params.yaml:",
            f"        m{number}:",
            f"          seed: {seed}",
            "          learning_rate: 0.001",
            "    outs:",
            f"    - path: artifacts/s{number}/out.parquet",
            "      hash: md5",
            f"      md5: {md5(number, seed)}",
            "      size: 123456",
            f"    - path: artifacts/s{number}/run.json",
            "      hash: md5",
            f"      md5: {md5('r', number, seed)}",
            "      size: 2345",
        ]
    return "\n".join(lines) + "\n"


def repository(folder: Path, changed: int) -> None:
    """A linear history, written by git fast-import."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main", str(folder)], check=True)
    seeds, stream = [0] * STAGES, []
    for number in range(COMMITS):
        text = f"{number}\n"
        stream += ["commit refs/heads/main", f"committer T <t@example.com> {1_700_000_000 + number} +0000"]
        stream += ["data 1", "c", "M 100644 inline note.txt", f"data {len(text)}", text]
        if number % (COMMITS // VERSIONS) == 0:
            for index in range(changed):
                seeds[(number * 7 + index) % STAGES] = number + 1
            text = lock(seeds)
            stream += ["M 100644 inline dvc.lock", f"data {len(text)}", text]
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input="\n".join(stream) + "\n", text=True, check=True)


def plain(folder: Path) -> None:
    """The reference: find the blobs, read them and parse each with PyYAML's C loader."""
    commits = subprocess.run(["git", "rev-list", "main"], cwd=folder, capture_output=True, text=True, check=True)
    names = "".join(f"{commit}:dvc.lock\n" for commit in commits.stdout.split())
    asked = ["git", "cat-file", "--batch-check=%(objectname)"]
    blobs = subprocess.run(asked, cwd=folder, input=names, capture_output=True, text=True, check=True).stdout.split()
    wanted = list(dict.fromkeys(blobs))
    read = ["git", "cat-file", "--batch"]
    data = subprocess.run(read, cwd=folder, input="\n".join(wanted).encode(), capture_output=True, check=True).stdout
    at = 0
    for _ in wanted:
        end = data.index(b"\n", at)
        size = int(data[at:end].split()[-1])
        yaml.load(data[end + 1 : end + 1 + size], yaml.CSafeLoader)
        at = end + 2 + size


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def long_history(what: str, changed: int) -> None:
    """The first answer, and those after it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        repository(folder, changed)
        reference = timed(lambda: plain(folder))
        history = History.of(folder)
        first = timed(lambda: history.locks)
        assert len(history.commits) == COMMITS
        assert len(history.locks) == VERSIONS
        print(f"{what}: {first:.2f} s, {first / reference:.2f} times git and a parser ({reference:.2f} s)")
        newest = history.revision("main").lock[f"s{STAGES // 2}"].outs[0].hash
        recalled = timed(lambda: impact(history, newest[:12], folder))
        found = timed(lambda: find(history, newest, folder))
        traced = timed(lambda: trace(history, target_of(history, f"s{STAGES - 1}", "main", folder)))
        print(f"  then: impact {recalled:.2f} s, find {found:.2f} s, trace {traced:.2f} s")
        again = History.of(folder)
        loaded = timed(lambda: again.locks)
        recalled = timed(lambda: impact(again, newest[:12], folder))
        print(f"  in the next process: loaded in {loaded:.2f} s, impact {recalled:.2f} s")


def large_graph() -> None:
    """One lock of 100,000 nodes: 33,334 stages, each with what it made and its record."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["git", "init", "--quiet", "--initial-branch", "main", str(folder)], check=True)
        (folder / "dvc.lock").write_text(lock([1] * NODES))
        author = ["-c", "user.name=T", "-c", "user.email=t@example.com"]
        subprocess.run(["git", "add", "."], cwd=folder, check=True)
        subprocess.run(["git", *author, "commit", "--quiet", "-m", "x"], cwd=folder, check=True)
        history = History.of(folder)
        loaded = timed(lambda: history.locks)
        traced = timed(lambda: trace(history, target_of(history, f"s{NODES - 1}", "main", folder)))
        recalled = timed(lambda: impact(history, md5("raw"), folder))
        print(f"a graph of {3 * NODES} nodes: loaded in {loaded:.2f} s; trace {traced:.2f} s, impact {recalled:.2f} s")


def main() -> None:
    os.environ["KIT_CACHE_DIR"] = tempfile.mkdtemp()
    for what, changed in CHANGED.items():
        long_history(what, changed)
    large_graph()
    print(f"memory at its peak: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
