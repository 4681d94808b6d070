"""The arguments of every command, in the groups that `kit --help` shows."""

import argparse
from typing import TypeAlias

from kit import __version__

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def parser() -> argparse.ArgumentParser:
    """Every command with its arguments."""
    top = argparse.ArgumentParser(
        prog="kit",
        usage="kit [-h] [--version] COMMAND ...",
        description="Run and check the modules of this project, and ask where its results come from.",
        epilog="`kit COMMAND --help` describes the arguments of a command.",
    )
    top.add_argument("--version", action="version", version=f"kit {__version__}", help="show the version")
    # The commands are listed under the titles below, not a second time under this one.
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", prog="kit", help=argparse.SUPPRESS)
    for title, add_commands in GROUPS.items():
        before = len(commands._choices_actions)
        add_commands(commands)
        # argparse has groups of arguments, but none of commands: the lines of its help are handed to a group.
        top.add_argument_group(title)._group_actions += commands._choices_actions[before:]
    return top


def _command(commands: Commands, name: str, summary: str) -> argparse.ArgumentParser:
    """A command; its summary is shown in the list of commands and at the top of its own help."""
    return commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")


def _run(commands: Commands) -> None:
    run = _command(commands, "run", "run a stage; `dvc repro` calls this")
    run.add_argument("stage", help="its name in dvc.yaml")
    for option in ("--input", "--output"):
        run.add_argument(option, action="append", default=[], metavar="PORT=PATH", help="as in the cmd of the stage")

    test = _command(commands, "test", "run the tests of modules, each in its own environment")
    _modules(test)
    test.add_argument("--changed", metavar="REV", help="only modules that differ from REV, such as origin/main")

    lock = _command(commands, "lock", "pin and hash the packages that modules need")
    _modules(lock)
    lock.add_argument("--check", action="store_true", help="change nothing; fail if a lock is out of date")
    lock.add_argument("--upgrade", action="store_true", help="take the newest versions that requirements.in allows")

    env = _command(commands, "env", "show, check or remove environments")
    env.add_argument(
        "action",
        choices=["list", "check", "prune"],
        help="list: show; check: read every file, rebuild changed environments of this project and remove "
        "other changed ones; prune: remove what no known project needs",
    )


def _pipeline(commands: Commands) -> None:
    check = _command(commands, "check", "find mistakes without running anything")
    check.add_argument("--format", choices=["text", "github", "json"], default="text", help="how to print them")

    stages = _command(commands, "stages", "list stages, for scripts")
    stages.add_argument(
        "--device", choices=["cpu", "cuda"], help="only stages that need a GPU (cuda), or only those that do not (cpu)"
    )
    stages.add_argument("--stale", action="store_true", help="only stages whose results are out of date")

    graph = _command(commands, "graph", "print the module graph as Mermaid")
    graph.add_argument("--write", action="store_true", help="write it into README.md")

    matrix = _command(commands, "matrix", "show which modules fit which slot, and measure their combinations")
    matrix.add_argument("slots", nargs="*", metavar="SLOT", help="the slots to vary; default: all")
    matrix.add_argument("--measure", action="store_true", help="run every combination as a DVC experiment")


def _modules_here(commands: Commands) -> None:
    new = _command(commands, "new", "make a module that works, for you to change")
    new.add_argument("family", metavar="FAMILY", help="the kind of module, such as encoder; a slot takes one family")
    new.add_argument("name", metavar="NAME", help="the name of its folder in modules/")
    new.add_argument(
        "--after",
        metavar="STAGE[:PORT]|FILE",
        help="what it reads; default: nothing, or for a slot what the module in it reads",
    )
    new.add_argument(
        "--template",
        metavar="NAME",
        help="a folder in templates/; default: one that fits what it reads, or for a slot a copy of the module in it",
    )

    _format(_command(commands, "list", "list modules with their version, owner, licence, source and stages"), "json")

    add = _command(commands, "add", "copy a module, with its contracts, from another repository or folder")
    add.add_argument("source", metavar="SOURCE[@REV]", help="a Git URL or a folder, and a tag, branch or commit")
    add.add_argument("name", metavar="NAME", nargs="?", help="the module; needed if the source has several")

    _command(commands, "outdated", "compare copied modules with their sources")
    update = _command(commands, "update", "bring a copied module up to date, keeping local changes")
    update.add_argument("module", metavar="NAME[@REV]", help="default: the newest version at its source")
    remove = _command(commands, "remove", "remove a module that no stage uses")
    remove.add_argument("module", metavar="NAME", help="the name of its folder in modules/")

    owners = _command(commands, "owners", "print CODEOWNERS, made from the modules' cards")
    owners.add_argument("--write", action="store_true", help="write it into CODEOWNERS")


def _lineage(commands: Commands) -> None:
    _questions(commands)
    _audits(commands)
    _documents(commands)


def _questions(commands: Commands) -> None:
    show = _command(commands, "show", "show how a stage's results were made")
    show.add_argument("stage", help="its name in dvc.yaml")

    trace = _command(commands, "trace", "show everything that a result was made from")
    trace.add_argument(
        "target", metavar="FILE|HASH|STAGE", help="the result, by its path or the first digits of a hash, or a stage"
    )
    _revision(trace)
    trace.add_argument("--depth", type=int, metavar="N", help="go N stages back; default: to the raw data")
    trace.add_argument(
        "--licenses",
        action="store_true",
        help="list the licences that apply, and their conflicts",
    )
    _format(trace, "json")

    find = _command(commands, "find", "recognise a file by its bytes or tensors, wherever it comes from")
    find.add_argument("target", metavar="FILE|HASH", help="any file, or the first digits of a hash")
    _format(find, "json")

    impact = _command(commands, "impact", "list every result that was made from a file, module or package")
    target = "FILE|HASH|MODULE[@VERSION]|PACKAGE==VERSION"
    impact.add_argument("target", metavar=target, help="what it was made from")
    impact.add_argument("--format", choices=["table", "json", "csv"], default="table", help="how to print the answer")

    why = _command(commands, "why", "explain why two results differ, or why a stage would run again")
    why.add_argument("a", metavar="A|STAGE", help="a revision, experiment or file; or a stage, without B")
    why.add_argument("b", metavar="B", nargs="?", help="the revision, experiment or file to compare it with")
    _format(why, "json")


def _audits(commands: Commands) -> None:
    verify = _command(commands, "verify", "check whether results and their records can be relied on")
    verify.add_argument("rev", nargs="?", metavar="REV", help="default: the working tree")
    verify.add_argument("--all", action="store_true", help="every commit of every branch, tag and experiment")
    verify.add_argument("--deep", action="store_true", help="also read the remote, and all installed files")
    verify.add_argument("--allow-unknown", action="store_true", help="succeed even if something could not be checked")
    _format(verify, "json")
    verify.add_argument("--signature", metavar="SIG", help="check a signature; REV is the signed file or folder")
    verify.add_argument("--key", metavar="KEY", help="the signer's public key (PEM)")

    replay = _command(commands, "replay", "run a stage again in a clean clone, and compare the results")
    replay.add_argument("target", metavar="STAGE|FILE", help="the stage, or a file that it made")
    _revision(replay)
    _format(replay, "json")


def _documents(commands: Commands) -> None:
    export = _command(commands, "export", "write a result's lineage in a standard format")
    export.add_argument("target", nargs="?", metavar="FILE|HASH|STAGE", help="the result; or give --all")
    export.add_argument("--all", action="store_true", help="every result that no stage reads, and every metric")
    _revision(export)
    formats = ["ro-crate", "in-toto", "ml-bom", "model-card"]
    export.add_argument("--format", choices=formats, type=_export_format, required=True, help="the standard to follow")
    export.add_argument("-o", "--output", metavar="PATH", help="default: exports/NAME")
    export.add_argument("--sign", metavar="KEY", help="sign it with an elliptic-curve private key (PEM)")

    report = _command(commands, "report", "write a page about a revision, or about what changed since another")
    _revision(report)
    report.add_argument("--against", metavar="REV", help="instead, write what changed since REV, in Markdown")
    report.add_argument("-o", "--output", metavar="FILE", help="default: report.html, or report.md with --against")


def _export_format(name: str) -> str:
    if name == "prov":
        raise argparse.ArgumentTypeError("PROV is no longer written on its own; ro-crate has the same runs and people")
    return name


def _models(commands: Commands) -> None:
    _revision(_command(commands, "gate", "print the gate's decision; fail if it rejected"))
    register = _command(commands, "register", "give the model of this commit a version, if the gate accepted it")
    register.add_argument("model", metavar="MODEL", nargs="?", help="a name under artifacts: in dvc.yaml; default: all")
    bumps = "how much changed; default: major if its contract changed, else minor"
    register.add_argument("--bump", choices=["major", "minor", "patch"], help=bumps)
    promote = _command(commands, "promote", "put a registered version into a deployment stage")
    promote.add_argument("version", metavar="MODEL@VERSION", help="as `kit registry` lists them")
    rollback = _command(commands, "rollback", "put back the version that the current one replaced")
    rollback.add_argument("model", metavar="MODEL", help="a name under artifacts: in dvc.yaml")
    for command in (promote, rollback):
        command.add_argument("stage", metavar="STAGE", help="such as production")
    for command in (register, promote, rollback):
        command.add_argument("--local", action="store_true", help="keep the tag in this clone: do not push it")
    _format(_command(commands, "registry", "show which version is where, since when, by whom"), "json")


def _modules(command: argparse.ArgumentParser) -> None:
    command.add_argument("modules", nargs="*", metavar="MODULE", help="default: all")


def _revision(command: argparse.ArgumentParser) -> None:
    help = "a branch, tag, commit or experiment; default: the working tree"
    command.add_argument("--rev", metavar="REV", help=help)


def _format(command: argparse.ArgumentParser, *others: str) -> None:
    command.add_argument("--format", choices=["text", *others], default="text", help="how to print the answer")


# Title to what adds the commands of a group, in the order of a project's life.
GROUPS = {
    "Run stages and tests": _run,
    "Look at the pipeline": _pipeline,
    "Make, copy and update modules": _modules_here,
    "Ask where results come from": _lineage,
    "Release models": _models,
}
