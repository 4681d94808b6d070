"""What kit, its sandbox and DVC add to a module's bare process, in the project that `make demo` made."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from stopwatch import ROOT, report, seconds

PROJECT = ROOT / "build/my-project"


def main() -> None:
    if not (PROJECT / "dvc.lock").is_file():
        raise SystemExit("run `make demo` first")
    variables = {**os.environ, "PATH": f"{PROJECT}/.venv/bin{os.pathsep}{os.environ['PATH']}"}
    tools = {"cwd": PROJECT, "env": variables, "stderr": subprocess.DEVNULL}
    idle = seconds(["dvc", "status", "--quiet"], **tools)
    report("dvc repro with nothing to do", seconds(["dvc", "repro", "--quiet"], **tools), "dvc status", idle)
    for stage in ("gate", "adapt", "baseline"):
        record = json.loads((PROJECT / f"artifacts/{stage}/run.json").read_text())
        with tempfile.TemporaryDirectory() as scratch:
            bare = seconds(bare_command(record, Path(scratch)), **tools)
        whole = seconds(["kit", "run", stage], **tools)
        report(f"kit run {stage}", whole, "the bare module", bare)
        print(f"  which is {whole - bare:.2f} s more")
    unconfined = {**tools, "env": {**variables, "KIT_ISOLATION": "off"}}
    with_sandbox, without = (seconds(["kit", "run", "gate"], runs=25, **options) for options in (tools, unconfined))
    report("kit run gate with the sandbox", with_sandbox, "without", without)
    with tempfile.TemporaryDirectory() as scratch:
        confined = seconds([*launcher(Path(scratch)), "/bin/true"], runs=50, **tools)
    alone = seconds(["/bin/true"], runs=50, **tools)
    started, rules = 1000 * (confined - alone), 1000 * (with_sandbox - without)
    print(f"sandbox: {started:.1f} ms to confine a process, {rules:.1f} ms to work out what it may do")
    subprocess.run(["dvc", "checkout", "--force", "--quiet"], check=True, **tools)  # the records that were made here


def launcher(scratch: Path) -> list[str]:
    """The command that confines itself before it becomes a module, with rules for the system's folders."""
    folders = ("/usr", "/bin", "/lib", "/lib64", "/etc", "/proc", "/sys")
    (scratch / "rules").write_text("".join(f"read {folder}\0" for folder in folders))
    program = [
        str(PROJECT / ".venv/bin/python"),
        "-I",
        "-S",
        "-B",
        str(PROJECT / "kit/src/kit/confinement/landlock.py"),
    ]
    return [*program, str(scratch / "rules"), str(os.getpid()), "no-network"]


def bare_command(record: dict, scratch: Path) -> list[str]:
    """The module's process as the kit starts it, without the kit."""
    name = record["module"]["name"]
    job = {
        "module": str(PROJECT / "modules" / name),
        "inputs": {port: str(PROJECT / entry["path"]) for port, entry in record["inputs"].items()},
        "outputs": {port: str(scratch / Path(entry["path"]).name) for port, entry in record["outputs"].items()},
        "params": record["params"],
        "report": str(scratch / "report.json"),
    }
    (scratch / "job.json").write_text(json.dumps(job))
    cache = Path(os.environ.get("KIT_CACHE_DIR", Path.home() / ".cache/kit"))
    python = cache / "environments" / record["environment"]["digest"] / "bin/python"
    return [str(python), str(PROJECT / "kit/src/kit/execution/standalone/worker.py"), str(scratch / "job.json")]


if __name__ == "__main__":
    main()
