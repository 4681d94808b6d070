"""A project that runs in a millisecond: what DVC and the kit would write, computed here from the same inputs.

Results are functions of what decides them, so that the tests know every cause. `hidden` stands for
what no lock shows, `insensitive` for modules whose code makes no difference.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy
import yaml
from safetensors.numpy import save

from kit.dvc.hashing import md5_of_bytes
from kit.formats import safetensors_file
from kit.formats.digest import sha256_of, sha256_of_files
from kit.git.files import WorkingFiles
from kit.project.module_code import code_files, source_of
from kit.project.project import Project

LOCK = "{name}=={version} \\\n    --hash=sha256:{digest}\n"
CARD = """---
summary: A test.
owner: tester@example.com
license: {license}
stability: stable
provenance: None.
assumptions: [None.]
expected: [None.]
failure_modes: [None.]
---
"""
IDENTITY = {
    "GIT_AUTHOR_NAME": "Tester",
    "GIT_AUTHOR_EMAIL": "tester@example.com",
    "GIT_COMMITTER_NAME": "Tester",
    "GIT_COMMITTER_EMAIL": "tester@example.com",
}


class Plain(yaml.SafeDumper):
    """Without anchors, as DVC writes."""

    def ignore_aliases(self, data: object) -> bool:
        return True


class Lab:
    """Stages are `name: (module, deps, outs)`; every stage also has a run.json among its outs."""

    def __init__(self, root: Path, stages: dict[str, tuple[str, list[str], list[str]]]) -> None:
        self.root = root
        self.stages = stages
        self.hidden: dict[str, str] = {}
        self.insensitive: set[str] = set()
        self.machine: dict[str, Any] = {"cpu": "Test CPU", "threads": None, "isolation": "landlock", "dirty": []}
        self.clock = 1_700_000_000
        self.models: dict[str, str] = {}
        self.reasons: list[str] = []  # what a gate has against the results
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch", "main")
        (root / ".dvc").mkdir()
        (root / ".dvc/config").write_text("")
        self.write(".dvcignore", "/modules/*/README.md\n/modules/*/test_*.py\n__pycache__/\n")
        self.write(
            ".gitignore", "/.dvc/cache\n/artifacts/**\n!/artifacts/**/\n!/artifacts/**/metrics.json\n/data/*.csv\n"
        )
        self.write("pyproject.toml", '[project]\nname = "lab"\nversion = "1"\nlicense = "MIT"\n')
        self.params: dict[str, Any] = {}
        for module in dict.fromkeys(module for module, _, _ in stages.values()):
            self.module(module)
        self.declare()

    def write(self, path: str, text: str | bytes) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def module(self, name: str, version: str = "1.0.0", cpus: int = 1, pins: dict[str, str] | None = None) -> None:
        """A module's folder, and its section of params.yaml."""
        contract = {"family": name, "version": version, "python": "3.11", "inputs": {}, "outputs": {}, "params": {}}
        document = {**contract, "resources": {"device": "cpu", "cpus": cpus}}
        self.write(f"modules/{name}/module.yaml", yaml.safe_dump(document, sort_keys=False))
        self.write(f"modules/{name}/run.py", f"def run(inputs, outputs, params):\n    return {name!r}\n")
        self.write(f"modules/{name}/README.md", CARD.format(license="MIT"))
        self.pin(name, pins or {"numpy": "2.0.0"})
        self.params.setdefault(name, {"seed": 0})

    def pin(self, module: str, pins: dict[str, str]) -> None:
        lines = [
            LOCK.format(name=n, version=v, digest=hashlib.sha256((n + v).encode()).hexdigest()) for n, v in pins.items()
        ]
        self.write(f"modules/{module}/requirements.txt", "".join(lines))

    def declare(self) -> None:
        """Write dvc.yaml and params.yaml."""
        stages = {}
        for name, (module, deps, outs) in self.stages.items():
            metrics = [{out: {"cache": False}} for out in outs if out.endswith("metrics.json")]
            cached = [out for out in outs if not out.endswith("metrics.json")]
            stages[name] = {
                "cmd": f"kit run {name}",
                "deps": [f"modules/{module}", *deps],
                "params": [module],
                "outs": [*cached, f"artifacts/{name}/run.json"],
                **({"metrics": metrics} if metrics else {}),
            }
        artifacts = {"artifacts": {name: {"path": path} for name, path in self.models.items()}} if self.models else {}
        self.write("dvc.yaml", yaml.safe_dump({"stages": stages, **artifacts}, sort_keys=False))
        self.write("params.yaml", yaml.safe_dump(self.params, sort_keys=False))

    def data(self, path: str, text: str) -> None:
        """Raw data under DVC."""
        self.write(path, text)
        md5 = self.store(path)
        entry = {"md5": md5, "size": len(text.encode()), "hash": "md5", "path": Path(path).name}
        self.write(f"{path}.dvc", yaml.safe_dump({"outs": [entry]}, sort_keys=False))

    def store(self, path: str) -> str:
        """Copy into DVC's cache; returns the MD5."""
        data = (self.root / path).read_bytes()
        md5 = md5_of_bytes(data)
        self.write(f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}", data)
        return md5

    def repro(self, only: Iterable[str] | None = None) -> None:
        """Run what changed, as `dvc repro` does, and write dvc.lock."""
        self.declare()
        path = self.root / "dvc.lock"
        lock = yaml.safe_load(path.read_text())["stages"] if path.is_file() else {}
        for name in self.stages if only is None else only:
            planned = self._entry(name)
            before = {key: lock.get(name, {}).get(key) for key in planned}
            if planned != before or name in self.hidden:
                lock[name] = planned | {"outs": self._run(name)}
        lock = {name: lock[name] for name in self.stages if name in lock}
        path.write_text("schema: '2.0'\nstages:\n" + _indented(yaml.dump(lock, Dumper=Plain, sort_keys=False)))

    def _entry(self, name: str) -> dict[str, Any]:
        module, deps, _ = self.stages[name]
        source = source_of(WorkingFiles(self.root), module)
        assert source
        entries = [
            {"path": dep, "hash": "md5", "md5": md5_of_bytes((self.root / dep).read_bytes()), "size": 1} for dep in deps
        ]
        entries.append({"path": f"modules/{module}", "hash": "md5", "md5": source.md5, "size": 1, "nfiles": 1})
        params = {"params.yaml": {module: self.params[module]}}
        return {"cmd": f"kit run {name}", "deps": sorted(entries, key=lambda dep: str(dep["path"])), "params": params}

    def _run(self, name: str) -> list[dict[str, Any]]:
        module, deps, outs = self.stages[name]
        folder = self.root / "modules" / module
        decides = [sha256_of(self.root / dep) for dep in deps]
        if module not in self.insensitive:
            decides += [sha256_of(file) for file in code_files(Project(self.root), folder)]
        decides += [json.dumps(self.params[module]), self.hidden.get(name, "")]
        for out in outs:
            self._write_result(out, hashlib.sha256(f"{out} {decides}".encode()).digest())
        record = f"artifacts/{name}/run.json"
        self.write(record, json.dumps(self._record(name, module, deps, outs)))
        made = [
            {"path": out, "hash": "md5", "md5": self.store(out), "size": (self.root / out).stat().st_size}
            for out in outs
        ]
        size = (self.root / record).stat().st_size
        return sorted(
            [*made, {"path": record, "hash": "md5", "md5": self.store(record), "size": size}], key=lambda o: o["path"]
        )

    def _write_result(self, out: str, digest: bytes) -> None:
        values = numpy.frombuffer(digest, dtype="uint8").astype("float32")
        if out.endswith(".safetensors"):
            self.write(out, save({"weight": values[:16], "bias": values[16:]}))
        elif out.endswith("decision.json"):
            self.write(out, json.dumps({"accepted": not self.reasons, "reasons": self.reasons}))
        elif out.endswith(".json"):
            self.write(out, json.dumps({"accuracy": int.from_bytes(digest[:4]) / 2**32}))
        else:
            self.write(out, "value\n" + "".join(f"{value}\n" for value in values[:4]))

    def _record(self, name: str, module: str, deps: list[str], outs: list[str]) -> dict[str, Any]:
        source = source_of(WorkingFiles(self.root), module)
        assert source
        assert source.lock
        folder = self.root / "modules" / module
        head = self.git("rev-parse", "--verify", "--quiet", "HEAD", check=False).strip()
        self.clock += 60
        time = f"{_iso(self.clock)}.000+00:00"
        dirty = self.machine["dirty"]
        inputs, outputs = ({Path(p).stem: self._file(p) for p in paths} for paths in (deps, outs))
        trained = [entry for entry in outputs.values() if "tensor_digest" in entry]
        initial = {port: entry["tensor_digest"] for port, entry in inputs.items() if "tensor_digest" in entry}
        training = {"initial_weights": initial, "dtypes": ["F32"], "seconds_per_epoch": None} if trained else None
        threads = self.machine["threads"] or source.contract["resources"]["cpus"]
        module_entry = {
            "name": module,
            "version": source.version,
            "sha256": sha256_of_files(folder, code_files(Project(self.root), folder)),
        }
        return {
            "schema": 1,
            "kit": "0.1.0",
            "stage": name,
            "command": f"kit run {name}",
            "module": module_entry,
            "code": {"commit": head, "dirty": bool(dirty), "changed": dirty} if head else None,
            "params": self.params[module],
            "contracts": {},
            "inputs": inputs,
            "outputs": outputs,
            "training": training,
            **self._circumstances(source.lock.sha256, threads),
            "started": time,
            "finished": time,
            "duration_s": 0.1,
            "run_s": 0.1,
            "peak_memory_bytes": 1,
        }

    def _circumstances(self, lock: str, threads: int) -> dict[str, Any]:
        """Environment, hardware and isolation."""
        confined = self.machine["isolation"] == "landlock"
        variables = {"OMP_NUM_THREADS": str(threads), "PYTHONHASHSEED": "0", "CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
        variables |= self.machine.get("variables", {})
        here = {
            "host": "lab",
            "user": "tester",
            "system": "Linux",
            "cpu_features": ["avx2"],
            "cores": 2,
            "memory_bytes": 1,
        }
        return {
            "environment": {
                "kind": "lock",
                "digest": "0" * 32,
                "python": "cpython-3.11.7-linux-x86_64",
                "lock_sha256": lock,
                "installed": {"packages": 1, "sha256": "0" * 64, "differs_from_lock": []},
            },
            "device": {"kind": "cpu", "gpus": [], "driver": None, "cuda": None},
            "determinism": {"declared": True, "threads": threads, "seed": 0, "variables": variables},
            "torch": None,
            "isolation": self.machine["isolation"],
            **({"landlock_abi": 7, "network": "denied"} if confined else {}),
            "machine": here | {"cpu": self.machine["cpu"]},
        }

    def _file(self, path: str) -> dict[str, Any]:
        place = self.root / path
        entry = {"path": path, "type": "anything", "size": place.stat().st_size, "sha256": sha256_of(place)}
        if path.endswith(".safetensors"):
            digests = {"tensor_digest": safetensors_file.tensor_digest(place), "dtypes": ["F32"]}
            entry |= digests | {"tensors": safetensors_file.tensor_digests(place)}
        return entry

    def commit(self, message: str = "Change") -> str:
        """Commit everything; returns the commit."""
        self.clock += 60
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def experiment(self, name: str) -> str:
        """Keep the working tree as a DVC experiment on HEAD, and go back to HEAD."""
        head = self.git("rev-parse", "HEAD").strip()
        commit = self.commit(f"dvc: commit experiment {name}")
        self.git("update-ref", f"refs/exps/{head[:2]}/{head[2:]}/{name}", commit)
        self.git("reset", "--quiet", "--hard", head)
        self.params = yaml.safe_load(self.read("params.yaml"))
        self.checkout()
        return commit

    def checkout(self) -> None:
        """Bring the outs of dvc.lock from the cache, as `dvc checkout` does."""
        for entry in yaml.safe_load(self.read("dvc.lock"))["stages"].values():
            for out in entry["outs"]:
                data = (self.root / f".dvc/cache/files/md5/{out['md5'][:2]}/{out['md5'][2:]}").read_bytes()
                self.write(out["path"], data)

    def git(self, *arguments: str, check: bool = True) -> str:
        time = f"{self.clock} +0000"
        env = {**os.environ, **IDENTITY, "GIT_AUTHOR_DATE": time, "GIT_COMMITTER_DATE": time}
        done = subprocess.run(["git", *arguments], cwd=self.root, env=env, capture_output=True, text=True, check=check)
        return done.stdout


def _iso(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


CHAIN: dict[str, tuple[str, list[str], list[str]]] = {
    "split": ("splitter", ["data/raw.csv"], ["artifacts/split/train.csv", "artifacts/split/test.csv"]),
    "encode": ("encoder", ["artifacts/split/train.csv"], ["artifacts/encode/encoder.safetensors"]),
    "train": (
        "head",
        ["artifacts/encode/encoder.safetensors", "artifacts/split/train.csv"],
        ["artifacts/train/head.safetensors"],
    ),
    "evaluate": (
        "evaluator",
        ["artifacts/train/head.safetensors", "artifacts/split/test.csv"],
        ["artifacts/evaluate/metrics.json"],
    ),
}
RAW = "id,x\n1,10\n2,20\n3,30\n"


def chain(root: Path) -> Lab:
    """Four stages from a raw file to metrics, run and committed."""
    lab = Lab(root, CHAIN)
    lab.data("data/raw.csv", RAW)
    lab.commit("Start")
    lab.repro()
    lab.commit("Run")
    return lab


def many_stages(root: Path, count: int) -> Lab:
    """Each stage reads two of the ones before."""
    stages = {"s0": ("m", ["data/raw.csv"], ["artifacts/s0/o0.csv"])}
    for number in range(1, count):
        deps = sorted({f"artifacts/s{before}/o{before}.csv" for before in (number - 1, max(0, number - 7))})
        stages[f"s{number}"] = ("m", deps, [f"artifacts/s{number}/o{number}.csv"])
    lab = Lab(root, stages)
    lab.data("data/raw.csv", RAW)
    lab.repro()
    lab.commit()
    return lab
