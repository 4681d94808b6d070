"""Make a module that works at once, connected to a stage, for you to change."""

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from kit.contracts.contract import Contract
from kit.errors import KitError, one_line
from kit.formats import yaml12
from kit.formats.front_matter import card_in
from kit.library.origin import PORT, Origin, origin_of
from kit.library.yaml_edit import scalar, section_lines, with_section, with_stage, yaml_lines
from kit.project.edits import Changes
from kit.project.identity import email_of_user, license_of_project
from kit.project.module import Module
from kit.project.owners import PATH as CODEOWNERS
from kit.project.owners import owners_of, with_owners
from kit.project.project import Project
from kit.project.view import View

TEMPLATES = "templates"
SUFFIXES = {"table": ".parquet", "tensors": ".safetensors", "json": ".json", "folder": ""}
LONGEST = 40


@dataclass(frozen=True)
class Made:
    """What was added: the changes, the stage (None if the module only fills a slot), what it was made from."""

    changes: Changes
    stage: str | None
    made_from: str


def new_module(project: Project, family: str, name: str, after: str | None, template: str | None) -> Made:
    """The changes that add a module to a project: its folder, section and stage, and a contract if it needs one.

    In a family that is a slot, it is a copy of the module in the slot, without a stage, unless `--after` or a template
    is given.

    Raises:
        KitError: a name is taken or invalid, or what it should follow cannot be read.
    """
    view = View(project)
    _refuse_names(view, family, name)
    if after is None and template is None and view.pipeline and family in (view.pipeline.params.get("slots") or {}):
        return _variant(view, family, name, str(view.pipeline.params["slots"][family]))
    origin = origin_of(view, after) if after else None
    template = template or (origin.template if origin else "source")
    return _from_template(view, family, name, origin, template)


def _refuse_names(view: View, family: str, name: str) -> None:
    for what, word in (("family", family), ("name", name)):
        if not PORT.fullmatch(word) or len(word) > LONGEST:
            raise KitError(
                f"{what} {word!r}: must be lower-case letters, digits and _, begin with a letter,"
                f" and have at most {LONGEST} characters"
            )
    if (view.project.modules / name).exists():
        raise KitError("already exists; choose another name", f"modules/{name}")
    if view.pipeline is None:
        raise KitError(view.problems[0].message, view.problems[0].file)
    if view.pipeline.section(name) is not None or name == "slots":
        raise KitError(f"has a section {name} already; choose another name", "params.yaml")
    if name in view.pipeline.names():
        raise KitError(f"has a stage {name} already; choose another name", "dvc.yaml")


def _variant(view: View, family: str, name: str, like: str) -> Made:
    """Another module of a family: a copy of the one in the slot, under a new name."""
    module = view.read(like)
    if not isinstance(module, Module):
        raise module
    changes = Changes(view.project)
    for path in sorted(module.folder.rglob("*")):
        inside = path.relative_to(module.folder)
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in inside.parts):
            changes.write(f"modules/{name}/{inside.as_posix()}", path.read_bytes())
    _edit(changes, f"modules/{name}/module.yaml", {"version": "0.1.0"})
    card = {
        "owner": json.dumps(email_of_user(view.project)),
        "stability": "experimental",
        "provenance": json.dumps(f"Created with `kit new` as a copy of {like} {module.version}."),
    }
    _edit(changes, f"modules/{name}/README.md", card)
    changes.write(
        f"modules/{name}/README.md",
        re.sub(rf"^# {like}$", f"# {name}", changes.text(f"modules/{name}/README.md"), flags=re.MULTILINE),
    )
    text = changes.text("params.yaml")
    changes.write("params.yaml", with_section(text, name, section_lines(text, like) or []))
    _add_owner(changes, name)
    return Made(changes, None, f"a copy of {like}")


def _edit(changes: Changes, path: str, values: Mapping[str, str]) -> None:
    """Replace the values of top-level keys, each on a line of its own."""
    text = changes.text(path)
    for key, value in values.items():
        line = f"{key}: {value}".replace("\\", r"\\")
        text = re.sub(rf"^{key}: .*$", line, text, count=1, flags=re.MULTILINE)
    changes.write(path, text)


def _from_template(view: View, family: str, name: str, origin: Origin | None, template: str) -> Made:
    folder = view.project.root / TEMPLATES / template
    if not (folder / "cookiecutter.json").is_file():
        known = sorted(path.parent.name for path in folder.parent.glob("*/cookiecutter.json"))
        raise KitError(
            f"is not a cookiecutter template; templates: {', '.join(known) or 'none'}", f"{TEMPLATES}/{template}"
        )
    changes = Changes(view.project)
    own = folder / "contract.yaml"
    if own.is_file() or origin is None:
        output_type, kind = name, str(yaml12.load(own.read_text("utf-8"))["kind"])
        if isinstance(view.contract(name), Contract):
            raise KitError("already exists; choose another name", f"contracts/{name}.yaml")
        changes.write(f"contracts/{name}.yaml", own.read_bytes())
    else:
        output_type, kind = _carried_type(view, origin), origin.kind
    if origin and origin.contract is not None:
        text = yaml.safe_dump(dict(origin.contract), sort_keys=False, allow_unicode=True)
        changes.write(f"contracts/{origin.type}.yaml", text)
    answers = {
        "name": name,
        "family": family,
        "owner": email_of_user(view.project),
        "license": license_of_project(view.project),
        "input": origin.port if origin else "",
        "input_type": origin.type if origin else "",
        "output": name,
        "output_type": output_type,
    }
    for path, data in _rendered(folder, answers).items():
        changes.write(f"modules/{name}/{path}", data)
    defaults = _defaults(changes.text(f"modules/{name}/module.yaml"))
    changes.write("params.yaml", with_section(changes.text("params.yaml"), name, yaml_lines(defaults)))
    lines = _stage_lines(changes, name, origin, SUFFIXES[kind], bool(defaults))
    changes.write("dvc.yaml", with_stage(changes.text("dvc.yaml"), name, lines, (origin and origin.stage) or None))
    _add_owner(changes, name)
    return Made(changes, name, f"{TEMPLATES}/{template}")


def _carried_type(view: View, origin: Origin) -> str:
    """The type of what is read, and its embedding space if it has one."""
    if origin.path not in view.stamped:
        return origin.type
    carried = {"type": origin.type, "space": origin.port}
    return str(yaml.safe_dump(carried, default_flow_style=True, sort_keys=False)).strip()


def _rendered(folder: Path, answers: Mapping[str, str]) -> dict[str, bytes]:
    """The files of a module, rendered from a template."""
    from cookiecutter.exceptions import CookiecutterException
    from cookiecutter.main import cookiecutter

    with tempfile.TemporaryDirectory(prefix="kit-new-") as scratch:
        try:
            made = cookiecutter(str(folder), no_input=True, extra_context=dict(answers), output_dir=scratch,
                                default_config=True, accept_hooks=False)  # fmt: skip
        except CookiecutterException as error:
            raise KitError(one_line(error), f"{TEMPLATES}/{folder.name}") from None
        root = Path(made)
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _defaults(contract: str) -> dict[str, object]:
    """Parameter to the default in its schema in module.yaml."""
    params = yaml12.load(contract)["params"]
    return {name: schema["default"] for name, schema in params.items() if "default" in schema}


def _stage_lines(changes: Changes, name: str, origin: Origin | None, suffix: str, has_params: bool) -> list[str]:
    card = card_in(changes.text(f"modules/{name}/README.md").encode())
    deps = [f"modules/{name}", *([origin.path] if origin else [])]
    return [
        f"desc: {scalar(card['summary'])}",
        f"cmd: {scalar(f'kit run {name}' + (origin.binding if origin else ''))}",
        "deps:",
        *(f"  - {scalar(dep)}" for dep in deps),
        *([f"params: [{name}]"] if has_params else []),
        "outs:",
        f"  - artifacts/{name}/{name}{suffix}",
        f"  - artifacts/{name}/run.json",
    ]


def _add_owner(changes: Changes, name: str) -> None:
    owner = card_in(changes.text(f"modules/{name}/README.md").encode())["owner"]
    changes.write(CODEOWNERS, with_owners(changes.text(CODEOWNERS), owners_of(changes.project) | {name: str(owner)}))
