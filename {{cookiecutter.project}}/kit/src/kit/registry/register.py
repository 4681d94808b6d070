"""Give a model a version, if the gate accepted exactly what it was made from."""

from dataclasses import dataclass

from kit.errors import KitError
from kit.git.status import description
from kit.lineage import History, Revision, metrics_of, target_of, trace, verify
from kit.project.identity import email_of_user, name_of_user
from kit.project.pipeline import Pipeline
from kit.project.project import Project
from kit.registry.gate import SETTING, Decision, decision_at
from kit.registry.model import Model, interface_of, lineage_of, model_at
from kit.registry.publishing import share_first, tagged
from kit.registry.tags import Registry, Version

FIRST = (1, 0, 0)
BUMPS = ("major", "minor", "patch")


@dataclass(frozen=True)
class Registered:
    """A model's version; `fresh`: whether it is new; `shared`: whether it was pushed."""

    name: str
    lineage: str
    fresh: bool
    shared: bool


def register(project: Project, history: History, name: str, bump: str | None, local: bool) -> Registered:
    """Register the model of HEAD; if the same bytes have a version already, that is returned.

    Raises:
        KitError: the tree is dirty, the gate did not accept this very lineage, `kit verify` found something, the
            bump is too small for what changed, or someone else was faster.
    """
    head = clean_head(project, history)
    model = model_at(project, head, name)
    judged_and_accepted(history, head, model)
    refuse_findings(history, head)
    registry = Registry(project.root)
    shared = share_first(registry, local)
    lineage, interface = lineage_of(history, model, head.name).lineage_digest, interface_of(project, model)
    known = registry.versions(name)
    for other in known:
        if other.line("artifact") == _artifact(model):
            return Registered(other.name, (other.line("lineage") or "").removeprefix("sha256:"), False, shared)
    version = next_version(known, name, bump, interface)
    message = _message(history, head, model, version, lineage, interface)

    def make(root: str) -> object:
        from gto import api

        author, address = name_of_user(project), email_of_user(project)
        full = registry.full_name(name)
        return api.register(root, full, "HEAD", version, message, author=author, author_email=address)

    tagged(registry, shared, make, f"{name}@{version}")
    return Registered(version, lineage, True, shared)


def clean_head(project: Project, history: History) -> Revision:
    """HEAD, if the working tree has no changes.

    Raises:
        KitError: something is not committed.
    """
    found = description(project.root, Pipeline(project).outs)
    head = history.repository.head
    if found is None or head is None:
        raise KitError(f"{project.root}: has no commit; commit first")
    status = history.repository.git("status", "--porcelain", "--untracked-files=all", "--", ".").splitlines()
    if status:
        changed = ", ".join(line[3:] for line in status[:3])
        raise KitError("not committed; a version is of a commit, so commit (or restore) and register again", changed)
    return history.at(head)


def judged_and_accepted(history: History, head: Revision, model: Model) -> Decision:
    """The gate's decision on this model.

    Raises:
        KitError: there is no gate, it rejected, or it judged something other than what the model was made from.
    """
    decision = decision_at(history, head)
    if decision is None:
        raise KitError(f"{SETTING}: names no stage's output; name the gate's decision on {model.name}")
    if not decision.accepted:
        raise KitError(f"the gate rejected it: {'; '.join(decision.reasons)}", decision.artifact.path)
    judged = trace(history, target_of(history, decision.artifact.path, head.name, history.root))
    made = trace(history, target_of(history, model.artifact.path, head.name, history.root))
    unjudged = {stage for stage in made.executions if stage != model.maker.stage} - set(judged.executions)
    if unjudged:
        names = ", ".join(sorted(unjudged))
        raise KitError(
            f"{model.name} is made from stage {names}, which the gate's decision does not depend on", "dvc.yaml"
        )
    return decision


def refuse_findings(history: History, head: Revision) -> None:
    """Refuse if `kit verify` finds something.

    Raises:
        KitError: there is a finding; the message names the worst.
    """
    found = verify(history, [head, history.revision()]).blocking
    if found:
        worst = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise KitError(
            f"kit verify: {worst.level}: {worst.place}: {worst.message}{more}; nothing is registered until it is fixed"
        )


def next_version(versions: list[Version], name: str, bump: str | None, interface: str) -> str:
    """The version after the last: major where what users rely on changed, else minor unless another is asked for.

    Raises:
        KitError: the bump is too small.
    """
    if not versions:
        return _shown(FIRST)
    last = versions[-1]
    broken = last.line("interface") not in (None, f"sha256:{interface}")
    bump = bump or ("major" if broken else "minor")
    if broken and bump != "major":
        raise KitError(f"{name}: its contract differs from that of {last.name}; use --bump major")
    kept = BUMPS.index(bump)
    numbers = [*last.numbers[:kept], last.numbers[kept] + 1, 0, 0][:3]
    return _shown((numbers[0], numbers[1], numbers[2]))


def _shown(numbers: tuple[int, int, int]) -> str:
    return "v" + ".".join(map(str, numbers))


def _artifact(model: Model) -> str:
    return f"{model.artifact.path} md5:{model.artifact.hash}"


def _message(history: History, head: Revision, model: Model, version: str, lineage: str, interface: str) -> str:
    """The tag's message: the lineage, the model's hash and its metrics."""
    lines = [
        f"Register {model.name} {version}",
        "",
        f"lineage: sha256:{lineage}",
        f"interface: sha256:{interface}",
        f"artifact: {_artifact(model)}",
        *(f"metric: {name} = {value}" for name, value in metrics_of(history, head).items()),
    ]
    return "\n".join(lines) + "\n"
