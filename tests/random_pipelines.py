"""Random small pipelines of plain DVC stages, whose commands hash what they read into what they make."""

import json
import logging
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

# hash.sh STAGE OUT… -- INPUT…: an out that ends in / is a folder of two files. Beside each file it leaves OUT.extra.
HASH = """\
name=$1; shift
echo "$name" >> "$EXECUTED"
outs=""
while [ "$1" != "--" ]; do outs="$outs $1"; shift; done
shift
sum=$(for path in "$@"; do
  if [ -d "$path" ]; then (cd "$path" && find . -type f ! -name .DS_Store | LC_ALL=C sort | xargs -r md5sum)
  else cat "$path"; fi
done | md5sum | cut -c1-32)
for out in $outs; do
  mkdir -p "$(dirname "$out")"
  case "$out" in
    */) mkdir -p "$out"; echo "$name a $sum" > "${out}a.txt"; echo "$name b $sum" > "${out}b.txt" ;;
    *) echo "$name $out $sum" > "$out"; echo "$name extra $sum" > "$out.extra" ;;
  esac
done
"""
PARAMS = {
    "params.yaml": "keep: {some: 1, other: [1, 2]}\nseed: 0\nunread: 0\n",
    "conf/extra.yaml": "lr: 0.1\nunread: 0\n",
    "conf/deep.json": '{"model": {"width": 8, "depth": 2}, "unread": 0}\n',
    "conf/train.toml": "unread = 0\n[train]\nepochs = 3\n",
    "conf/search.py": "RATE = 0.5\nSIZES = (1, 2)\nUNREAD = 0\n",
}
NAMES: dict[str, list[list[str]]] = {
    "params.yaml": [["keep.some"], ["keep"], ["seed"], ["keep.other.0", "seed"]],
    "conf/extra.yaml": [["lr"], []],
    "conf/deep.json": [["model.width"], ["model"], []],
    "conf/train.toml": [["train.epochs"], ["train"], []],
    "conf/search.py": [["RATE"], ["SIZES"], []],
}
# A change of a value in each file, and of one that no stage names.
EDITS = {
    "params.yaml": [("some: 1", "some: 2"), ("[1, 2]", "[3, 2]"), ("seed: 0", "seed: 1"), ("unread: 0", "unread: 1")],
    "conf/extra.yaml": [("lr: 0.1", "lr: 0.2"), ("unread: 0", "unread: 1")],
    "conf/deep.json": [('"width": 8', '"width": 9'), ('"unread": 0', '"unread": 1')],
    "conf/train.toml": [("epochs = 3", "epochs = 4"), ("unread = 0", "unread = 1")],
    "conf/search.py": [("RATE = 0.5", "RATE = 0.6"), ("(1, 2)", "(1, 3)"), ("UNREAD = 0", "UNREAD = 1")],
}
RAW = {"data/a.txt": "a\n", "data/b.txt": "b\n", "data/folder/x.txt": "x\n", "data/folder/y.txt": "y\n"}
GIT = ("git", "-c", "user.name=Tester", "-c", "user.email=tester@example.com")


class RandomPipeline:
    """A project in `root` that ran once; every call of `changed` gives a changed copy."""

    def __init__(self, draw: random.Random, root: Path) -> None:
        self.draw = draw
        self.root = root
        for path, text in {**RAW, **PARAMS, "hash.sh": HASH, ".dvcignore": ".DS_Store\n"}.items():
            _write(root / path, text)
        self.document = self._document()
        for git in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "Begin"]):
            subprocess.run([*GIT, *git], cwd=root, check=True)
        (root / ".dvc").mkdir()
        _write(root / ".dvc/config", f"[core]\n    remote = store\n['remote \"store\"']\n    url = {root}.store\n")
        self._write_pipeline(root, self.document)
        repro(root)
        shutil.copytree(root / ".dvc/cache", f"{root}.store")
        self._decide()

    def _document(self) -> dict[str, Any]:
        stages: dict[str, Any] = {}
        readable = [*RAW, "data/folder"]
        for number in range(self.draw.randint(3, 5)):
            name = f"s{number}"
            kind = self.draw.choice(["plain", "plain", "plain", "foreach", "matrix"])
            stage, made = self._stage(name if kind == "plain" else f"{name}_KEY", readable)
            if kind == "plain":
                stages[name] = stage
                readable += made
            else:
                values = ["p", "q"]
                variable = "${item}" if kind == "foreach" else "${item.key}"
                definition = json.loads(json.dumps(stage).replace("KEY", variable))
                stages[name] = (
                    {"foreach": values, "do": definition}
                    if kind == "foreach"
                    else {"matrix": {"key": values}, **definition}
                )
                readable += [path.replace("KEY", value) for path in made for value in values]
        return {"stages": stages}

    def _stage(self, name: str, readable: list[str]) -> tuple[dict[str, Any], list[str]]:
        wdir = self.draw.choice([".", ".", ".", "sub", "sub/deep"])
        up = "../" * (0 if wdir == "." else wdir.count("/") + 1)
        deps = self.draw.sample(readable, self.draw.randint(1, 3))
        deps = [dep for dep in deps if not any(dep.startswith(f"{other}/") for other in deps)]
        outs, made = [], []
        for number in range(self.draw.randint(1, 2)):
            path = f"out/{name}_{number}"
            if self.draw.random() < 0.4:
                outs.append(f"{path}/")
                made += [path, f"{path}/a.txt", f"{path}/b.txt"]
            else:
                outs.append(f"{path}.txt")
                made.append(f"{path}.txt")
        files = self.draw.sample(list(NAMES), self.draw.choice([0, 1, 1, 2]))
        params: list[Any] = []
        for file in files:
            names = self.draw.choice(NAMES[file])
            params += names if file == "params.yaml" and up == "" else [{up + file: names}]
        read = [up + path for path in (*deps, *files)]
        made_there = [up + out for out in outs]
        stage = {
            "cmd": f"sh {up}hash.sh {name} {' '.join(made_there)} -- {' '.join(read)}",
            "wdir": wdir,
            "deps": [up + dep for dep in deps],
            "params": params,
            "outs": [self._out(out.rstrip("/")) for out in made_there],
        }
        (self.root / wdir).mkdir(parents=True, exist_ok=True)
        return {key: value for key, value in stage.items() if value and value != "."}, made

    def _out(self, path: str) -> Any:
        return {path: {"cache": False}} if self.draw.random() < 0.15 else path

    def _decide(self) -> None:
        """Freeze stages, or let them always run: what dvc.lock does not record."""
        for stage in map(_definition, self.document["stages"].values()):
            chance = self.draw.random()
            if chance < 0.12:
                stage["frozen"] = True
            elif chance < 0.24:
                stage["always_changed"] = True
        self._write_pipeline(self.root, self.document)

    def _write_pipeline(self, root: Path, document: dict[str, Any]) -> None:
        _write(root / "dvc.yaml", yaml.safe_dump(document, sort_keys=False))

    def changed(self, root: Path) -> str:
        """Copy the project to `root`, change one thing there, and say what."""
        shutil.copytree(self.root, root, symlinks=True)
        change = self.draw.choice(CHANGES)
        return f"{change.__name__.strip('_')}: {change(self, root)}"

    def definitions(self, document: dict[str, Any]) -> list[dict[str, Any]]:
        return [_definition(stage) for stage in document["stages"].values()]


Change = Callable[[RandomPipeline, Path], object]


def _nothing(pipeline: RandomPipeline, root: Path) -> object:
    return ""


def _raw_data(pipeline: RandomPipeline, root: Path) -> object:
    path = pipeline.draw.choice([*RAW, "data/folder/new.txt"])
    _write(root / path, "changed\n")
    return path


def _ignored_file(pipeline: RandomPipeline, root: Path) -> object:
    folders = [folder for folder in root.glob("out/*") if folder.is_dir()]
    place = pipeline.draw.choice([root / "data/folder", *folders])
    _write(place / ".DS_Store", "finder\n")
    return place.relative_to(root)


def _param(pipeline: RandomPipeline, root: Path) -> object:
    path = pipeline.draw.choice(list(EDITS))
    before, after = pipeline.draw.choice(EDITS[path])
    text = (root / path).read_text()
    assert before in text
    _write(root / path, text.replace(before, after))
    return path, after


def _result(pipeline: RandomPipeline, root: Path) -> object:
    files = [path for path in sorted(root.glob("out/**/*.txt")) if path.is_file()]
    path = pipeline.draw.choice(files)
    path.chmod(0o644)
    if pipeline.draw.random() < 0.5:
        path.write_text("by hand\n")
    else:
        path.unlink()
    return path.relative_to(root), path.exists()


def _cached_content(pipeline: RandomPipeline, root: Path) -> object:
    path = pipeline.draw.choice(sorted(path for path in root.glob(".dvc/cache/files/md5/*/*")))
    path.unlink()
    return path.name


def _of_dvc_yaml(edit: Callable[[random.Random, dict[str, Any]], None]) -> Change:
    def change(pipeline: RandomPipeline, root: Path) -> object:
        document = deepcopy(pipeline.document)
        stage = pipeline.draw.choice(pipeline.definitions(document))
        edit(pipeline.draw, stage)
        pipeline._write_pipeline(root, document)
        return stage["cmd"]

    change.__name__ = edit.__name__
    return change


def _command(draw: random.Random, stage: dict[str, Any]) -> None:
    stage["cmd"] = draw.choice([stage["cmd"] + "  ", [stage["cmd"]]])


def _other_deps(draw: random.Random, stage: dict[str, Any]) -> None:
    """The command still reads what it read."""
    up = "../" * (0 if "wdir" not in stage else stage["wdir"].count("/") + 1)
    if draw.random() < 0.5:
        stage["deps"] = [*dict.fromkeys([*stage["deps"], up + "hash.sh"])]
    else:
        stage["deps"] = stage["deps"][1:]


def _other_params(draw: random.Random, stage: dict[str, Any]) -> None:
    up = "../" * (0 if "wdir" not in stage else stage["wdir"].count("/") + 1)
    if draw.random() < 0.5 and "params" in stage:
        stage["params"] = stage["params"][1:]
    else:
        stage["params"] = [*stage.get("params", []), {f"{up}conf/extra.yaml": draw.choice([["lr"], ["unread"], []])}]


def _other_outs(draw: random.Random, stage: dict[str, Any]) -> None:
    paths = [out if isinstance(out, str) else next(iter(out)) for out in stage["outs"]]
    files = [path for path in paths if path.endswith(".txt")]
    if files and draw.random() < 0.6:
        stage["outs"].append(f"{files[0]}.extra")
    elif len(paths) > 1:
        stage["outs"] = stage["outs"][1:]


def _freezing(draw: random.Random, stage: dict[str, Any]) -> None:
    stage["frozen"] = not stage.get("frozen", False)


def _always(draw: random.Random, stage: dict[str, Any]) -> None:
    stage["always_changed"] = not stage.get("always_changed", False)


CHANGES: list[Change] = [
    _nothing,
    *(_raw_data, _raw_data, _raw_data, _param, _param, _param),
    *(_ignored_file, _result, _result, _cached_content),
    *map(_of_dvc_yaml, (_command, _other_deps, _other_params, _other_outs, _freezing, _always)),
]


def repro(root: Path, **options: Any) -> tuple[set[str], bool]:
    """Run DVC in a project: the stages whose commands ran, and whether DVC came to the end.

    It does not where an out of a frozen stage is missing, or a stage lacks what it reads.
    """
    from dvc.exceptions import ReproductionError
    from dvc.repo import Repo

    # Another test in this process may have made DVC talkative; what it prints would be taken for the kit's.
    logging.getLogger("dvc").setLevel(logging.ERROR)
    log = root.parent / f"{root.name}.log"
    log.write_text("")
    os.environ["EXECUTED"] = str(log)
    here = os.getcwd()
    os.chdir(root)
    try:
        with Repo(str(root)) as repo:
            repo.reproduce(all_pipelines=True, **options)
        done = True
    except ReproductionError:
        done = False
    finally:
        os.chdir(here)
    return {name.replace("_", "@") for name in log.read_text().split()}, done


def _definition(stage: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = stage.get("do", stage)
    return found


def _write(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
