"""kit run: what it does, and how each mistake ends."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from acts import replace, start_kit, wait_for

from kit.confinement import landlock

Kit = Callable[..., tuple[int, str, str]]
OUT = Path("artifacts/double/doubled.csv")
RECORD = Path("artifacts/double/run.json")
MODULE = Path("modules/doubler")


def test_a_stage_writes_its_outputs(project: Path, kit: Kit) -> None:
    assert kit("run", "double")[0] == 0
    assert OUT.read_text() == "x\n2\n4\n"


def test_the_record_says_what_ran(project: Path, kit: Kit) -> None:
    kit("run", "double")
    record = json.loads(RECORD.read_text())
    assert record["module"]["name"] == "doubler"
    assert record["module"]["version"] == "1.0.0"
    assert record["params"] == {"factor": 2}
    assert record["inputs"]["numbers"]["sha256"] == hashlib.sha256(b"x\n1\n2\n").hexdigest()
    assert record["outputs"]["doubled"]["sha256"] == hashlib.sha256(OUT.read_bytes()).hexdigest()
    assert record["environment"]["kind"] == "lock"
    assert record["started"] < record["finished"]


def test_it_works_from_a_folder_below(project: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(MODULE)
    assert kit("run", "double")[0] == 0
    assert (project / OUT).is_file()


def test_nothing_is_left_over(project: Path, kit: Kit) -> None:
    kit("run", "double")
    assert [path.name for path in (project / ".kit/staging").iterdir()] == ["double.lock"]
    assert not list(MODULE.rglob("__pycache__"))


def test_the_host_can_bring_its_own_packages(project: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIT_ENV", "host")
    replace(MODULE / "run.py", "def run", "import pandas\n\n\ndef run")
    assert kit("run", "double")[0] == 0
    assert json.loads(RECORD.read_text())["environment"]["kind"] == "host"


def test_a_module_sees_only_its_own_packages(project: Path, kit: Kit) -> None:
    replace(MODULE / "run.py", "def run", "import pandas\n\n\ndef run")
    code, _, errors = kit("run", "double")
    assert code == 1
    assert "No module named 'pandas'" in errors


def test_threads_and_hashes_are_fixed(project: Path, kit: Kit) -> None:
    replace(MODULE / "module.yaml", "cpus: 1", "cpus: 3")
    body = "import os\n    print(os.environ['OMP_NUM_THREADS'], os.environ['PYTHONHASHSEED'])\n    header"
    replace(MODULE / "run.py", "header, *rows", body + ", *rows")
    assert kit("run", "double")[1] == "3 0\n"


MISTAKES = {
    "module folder missing": (
        lambda: replace("dvc.yaml", "modules/doubler", "modules/dubler"),
        "modules/dubler: no such module folder; did you mean doubler?",
    ),
    "lock missing": (
        lambda: (MODULE / "requirements.txt").unlink(),
        "modules/doubler/requirements.txt: is missing; run `kit lock doubler`",
    ),
    "unhashed lock line": (
        lambda: (MODULE / "requirements.txt").write_text("six==1.17.0\n"),
        "modules/doubler/requirements.txt:1: six has no hash; run `kit lock doubler`",
    ),
    "unpinned lock line": (
        lambda: (MODULE / "requirements.txt").write_text("# a comment\nsix>=1 \\\n    --hash=sha256:" + "0" * 64),
        "requirements.txt:2: six is not pinned to one version (NAME==VERSION)",
    ),
    "index in the lock": (
        lambda: (MODULE / "requirements.txt").write_text("--index-url https://example.com/simple\n"),
        "requirements.txt:1: --index-url is not allowed in a lock",
    ),
    "direct address in the lock": (
        lambda: (MODULE / "requirements.txt").write_text("six @ https://example.com/six.whl\n"),
        "requirements.txt:1: six is not pinned",
    ),
    "invalid module.yaml": (
        lambda: replace(MODULE / "module.yaml", "cpus: 1", "cpus: 0"),
        "modules/doubler/module.yaml: resources.cpus: 0 is less than the minimum of 1",
    ),
    "module.yaml with an unknown field": (
        lambda: replace(MODULE / "module.yaml", "version:", "vresion:"),
        "modules/doubler/module.yaml: ",
    ),
    "module.yaml is invalid YAML": (
        lambda: replace(MODULE / "module.yaml", "inputs: {", "inputs: ["),
        "modules/doubler/module.yaml:",
    ),
    "a key twice": (
        lambda: replace(MODULE / "module.yaml", "family: doubler", "family: doubler\nfamily: other"),
        "modules/doubler/module.yaml:2: invalid YAML: found duplicate key",
    ),
    "parameter missing": (
        lambda: Path("params.yaml").write_text("doubler: {}\n"),
        "params.yaml: doubler.factor: is missing; modules/doubler/module.yaml requires it",
    ),
    "parameter misspelt": (
        lambda: Path("params.yaml").write_text("doubler: {factr: 2}\n"),
        "params.yaml: doubler.factr: is not a parameter of doubler; did you mean factor?",
    ),
    "parameter out of range": (
        lambda: Path("params.yaml").write_text("doubler: {factor: 0}\n"),
        "params.yaml: doubler.factor: 0 is less than the minimum of 1",
    ),
    "parameter not declared to DVC": (
        lambda: replace("dvc.yaml", "    params: [doubler]\n", ""),
        "dvc.yaml: stage double does not list doubler in params; add it",
    ),
    "run.py missing": (lambda: (MODULE / "run.py").unlink(), "modules/doubler/run.py: is missing"),
    "run.py without run": (
        lambda: replace(MODULE / "run.py", "def run(", "def other("),
        "modules/doubler/run.py: has no function run(inputs, outputs, params)",
    ),
    "output missing": (
        lambda: (MODULE / "run.py").write_text("def run(inputs, outputs, params): pass\n"),
        "stage double: module doubler: output doubled: was not written; run() must write outputs['doubled']",
    ),
    "output violates its contract": (
        lambda: Path("params.yaml").write_text("doubler: {factor: 99}\n"),
        "stage double: module doubler: output doubled violates contracts/numbers.yaml: column x, row 1:"
        " value 198 fails in_range(0, 100)",
    ),
    "raw data violates its contract": (
        lambda: Path("data/numbers.csv").write_text("x\n1\n-5\n"),
        "data/numbers.csv: violates contracts/numbers.yaml: column x, row 1: value -5 fails in_range(0, 100)",
    ),
    "contract missing": (
        lambda: Path("contracts/numbers.yaml").unlink(),
        "contracts/numbers.yaml: is missing",
    ),
    "contract of unknown kind": (
        lambda: replace("contracts/numbers.yaml", "kind: table", "kind: tabel"),
        "contracts/numbers.yaml: ",
    ),
    "input missing": (
        lambda: Path("data/numbers.csv").unlink(),
        "data/numbers.csv: is missing; fetch it with `dvc pull`, or add it with `dvc add`",
    ),
    "port without a file": (
        lambda: replace("dvc.yaml", ", data/numbers.csv", ""),
        "dvc.yaml: stage double: input port numbers of doubler has no file in deps",
    ),
    "file without a port": (
        lambda: replace("dvc.yaml", "data/numbers.csv]", "data/numbers.csv, data/more.csv]"),
        "dvc.yaml: stage double: data/more.csv in deps fits no input port of doubler",
    ),
    "ambiguous port": (
        lambda: replace("dvc.yaml", "data/numbers.csv]", "data/numbers.csv, more/numbers.csv]"),
        "input port numbers could be data/numbers.csv or more/numbers.csv; say which",
    ),
    "path out of the project": (
        lambda: replace("dvc.yaml", "artifacts/double/doubled.csv", "../doubled.csv"),
        "dvc.yaml: stage double: ../doubled.csv is outside the project",
    ),
    "no module": (
        lambda: replace("dvc.yaml", "modules/doubler, ", ""),
        "dvc.yaml: stage double needs one module folder (modules/NAME) in deps, not 0",
    ),
    "params.yaml is invalid YAML": (
        lambda: Path("params.yaml").write_text("doubler: [\n"),
        "kit: params.yaml:",
    ),
    "params.yaml is a list": (
        lambda: Path("params.yaml").write_text("- doubler\n"),
        "kit: params.yaml: must be a mapping of sections, not a list",
    ),
    "a section that is a list": (
        lambda: Path("params.yaml").write_text("doubler: [1]\n"),
        "kit: params.yaml: doubler: must be a section (name: value)",
    ),
    "dvc.yaml is empty": (lambda: Path("dvc.yaml").write_text(""), "kit: dvc.yaml: expected a dictionary"),
    "module.yaml is empty": (lambda: (MODULE / "module.yaml").write_text(""), "kit: modules/doubler/module.yaml: "),
    "the lock is not text": (
        lambda: (MODULE / "requirements.txt").write_bytes(b"\xff\xfe"),
        "kit: modules/doubler/requirements.txt: is not UTF-8 text",
    ),
    "a port without a path": (
        lambda: replace("dvc.yaml", "kit run double", "kit run double --input numbers"),
        "kit: dvc.yaml: stage double: --input numbers: write PORT=PATH",
    ),
    "an open quote": (
        lambda: replace("dvc.yaml", "cmd: kit run double", "cmd: kit run double 'x"),
        "kit: dvc.yaml: stage double: cmd: No closing quotation",
    ),
    "another stage's command": (
        lambda: replace("dvc.yaml", "kit run double", "kit run triple"),
        "dvc.yaml: the cmd of stage double runs another stage; write `kit run double`",
    ),
    "wdir": (
        lambda: replace("dvc.yaml", "    cmd:", "    wdir: data\n    cmd:"),
        "dvc.yaml: stage double sets wdir",
    ),
    "unknown slot": (
        lambda: replace("dvc.yaml", "modules/doubler", "'modules/${slots.doubler}'"),
        "kit: dvc.yaml: failed to parse 'stages.double.deps' in 'dvc.yaml'",
    ),
    "dvc.yaml is not a pipeline": (
        lambda: replace("dvc.yaml", "    cmd:", "    comand:"),
        "dvc.yaml: stages.double",
    ),
}


@pytest.mark.parametrize(("break_it", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_ends_in_one_clear_line(break_it: Callable[[], None], message: str, project: Path, kit: Kit) -> None:
    kit("run", "double")
    before = OUT.read_bytes(), RECORD.read_bytes()
    break_it()
    code, _, errors = kit("run", "double")
    assert code == 1
    assert message in errors
    assert errors.startswith("kit: ")
    assert len(errors.splitlines()) == 1
    assert (OUT.read_bytes(), RECORD.read_bytes()) == before
    assert [path.name for path in (project / ".kit/staging").iterdir()] == ["double.lock"]


def test_an_unknown_stage_is_met_with_the_nearest_name(project: Path, kit: Kit) -> None:
    assert kit("run", "doubel") == (1, "", "kit: dvc.yaml: no stage doubel; did you mean double?\n")


def test_a_folder_outside_any_project_is_told(tmp_path: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, errors = kit("run", "double")
    assert (code, len(errors.splitlines())) == (1, 1)
    assert "no dvc.yaml here" in errors


def test_a_module_that_raises_shows_its_own_traceback_then_one_line(project: Path, kit: Kit) -> None:
    replace(MODULE / "run.py", "    header,", "    raise ValueError('no such luck')\n    header,")
    code, _, errors = kit("run", "double")
    lines = errors.splitlines()
    assert code == 1
    assert lines[0] == "Traceback (most recent call last):"
    assert "worker.py" not in errors
    assert "ValueError: no such luck" in lines
    assert lines[-1] == "kit: modules/doubler: failed with exit code 1; see its messages above"


def test_a_module_that_is_killed_is_said_to_be(project: Path, kit: Kit) -> None:
    replace(MODULE / "run.py", "    header,", "    import os\n    os.kill(os.getpid(), 9)\n    header,")
    assert kit("run", "double")[2] == "kit: modules/doubler: was killed by SIGKILL\n"


def test_wiring_is_written_in_dvc_yaml_alone(project: Path, kit: Kit) -> None:
    code, _, errors = kit("run", "double", "--input", "numbers=data/other.csv")
    assert code == 1
    assert "change it in dvc.yaml" in errors


def test_a_command_can_name_its_ports(project: Path, kit: Kit) -> None:
    Path("data/numbers.csv").rename("data/first.csv")
    replace("dvc.yaml", "data/numbers.csv", "data/first.csv")
    replace("dvc.yaml", "kit run double", "kit run double --input numbers=data/first.csv")
    assert kit("run", "double")[0] == 0


def test_outputs_that_cannot_be_placed_leave_the_old_ones(project: Path, kit: Kit) -> None:
    kit("run", "double")
    before = OUT.read_bytes()
    replace("dvc.yaml", RECORD.as_posix(), "artifacts/double/doubled.csv/run.json")
    replace("params.yaml", "2", "3")
    code, _, errors = kit("run", "double")
    assert code == 1
    assert len(errors.splitlines()) == 1
    assert OUT.read_bytes() == before


def test_a_stage_does_not_run_twice_at_once(project: Path, kit: Kit) -> None:
    replace(MODULE / "run.py", "    header,", "    import time; time.sleep(20)\n    header,")
    first = start_kit("run", "double")
    try:
        wait_for(lambda: list(Path(".kit/staging/double").glob("job.json")))
        assert "is already running" in kit("run", "double")[2]
    finally:
        first.kill()
        first.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends orphans on Linux alone")
def test_a_module_does_not_begin_once_its_runner_is_gone(tmp_path: Path) -> None:
    no_longer_its_parent = 1 if os.getpid() != 1 else 2
    (tmp_path / "rules").touch()
    touch = [sys.executable, "-c", f"open({str(tmp_path / 'ran')!r}, 'w')"]
    launcher = [sys.executable, landlock.__file__, str(tmp_path / "rules")]
    done = subprocess.run([*launcher, str(no_longer_its_parent), "no-network", *touch], check=False)
    assert done.returncode == 1
    assert not (tmp_path / "ran").exists()
    subprocess.run([*launcher, str(os.getpid()), "no-network", *touch], check=True)
    assert (tmp_path / "ran").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends orphans on Linux alone")
def test_a_killed_run_leaves_no_orphan_and_the_last_good_outputs(project: Path, kit: Kit) -> None:
    kit("run", "double")
    before = OUT.read_bytes()
    good = (MODULE / "run.py").read_text()
    slow = "    import os, pathlib, time\n    pathlib.Path('pid').write_text(str(os.getpid()))\n"
    slow += "    outputs['doubled'].write_text('x\\n')\n    time.sleep(60)\n    header,"
    replace(MODULE / "run.py", "    header,", slow)
    running = start_kit("run", "double")
    pid = Path(".kit/staging/double/scratch/pid")
    wait_for(lambda: pid.is_file() and pid.read_text() != "")
    orphan = int(pid.read_text())
    running.send_signal(signal.SIGKILL)
    running.communicate()
    wait_for(lambda: not Path(f"/proc/{orphan}").exists() or "Z" in Path(f"/proc/{orphan}/stat").read_text())
    assert OUT.read_bytes() == before
    (MODULE / "run.py").write_text(good)
    replace("params.yaml", "2", "3")
    assert kit("run", "double")[0] == 0
    assert OUT.read_text() == "x\n3\n6\n"


def test_a_cache_link_is_replaced_not_written_through(project: Path, kit: Kit) -> None:
    """DVC may link outputs to its cache; writing through such a link would corrupt the cache."""
    kit("run", "double")
    shutil.move(OUT, "cached")
    OUT.symlink_to(Path("cached").absolute())
    replace("params.yaml", "2", "3")
    kit("run", "double")
    assert Path("cached").read_text() == "x\n2\n4\n"
    assert OUT.read_text() == "x\n3\n6\n"
