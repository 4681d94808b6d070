"""The arguments of every command."""

import argparse
from typing import TypeAlias

from kit import __version__

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def parser() -> argparse.ArgumentParser:
    """Every command with its arguments."""
    top = argparse.ArgumentParser(prog="kit", description="Run and check the modules of this project.")
    top.add_argument("--version", action="version", version=f"kit {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    _work(commands)
    _looks(commands)
    _questions(commands)
    _accounts(commands)
    _library(commands)
    _registry(commands)
    return top


def _work(commands: Commands) -> None:
    """What runs modules, and prepares for it."""
    run = commands.add_parser("run", help="run a stage (dvc repro calls this)")
    run.add_argument("stage")
    for option in ("--input", "--output"):
        run.add_argument(option, action="append", default=[], metavar="PORT=PATH", help="as in the stage's cmd")

    lock = commands.add_parser("lock", help="pin and hash what modules need")
    _modules(lock)
    lock.add_argument("--check", action="store_true", help="change nothing; fail where a lock is out of date")
    lock.add_argument("--upgrade", action="store_true", help="take the newest versions that requirements.in allows")

    show = commands.add_parser("show", help="show how a stage's results were made")
    show.add_argument("stage")

    env = commands.add_parser("env", help="show, check or remove environments")
    env.add_argument(
        "action",
        choices=["list", "check", "prune"],
        help="list them; read every file and mend what was changed; or remove those no module here uses",
    )


def _looks(commands: Commands) -> None:
    """What tells about modules and the pipeline, without running it."""
    test = commands.add_parser("test", help="test modules in their own environments")
    _modules(test)
    test.add_argument("--changed", metavar="REV", help="only modules that differ from REV, as origin/main")
    check = commands.add_parser("check", help="find mistakes without running anything")
    check.add_argument("--format", choices=["text", "github", "json"], default="text", help="how to print them")

    matrix = commands.add_parser("matrix", help="show which modules fit which slot, and measure them together")
    matrix.add_argument("slots", nargs="*", metavar="SLOT", help="vary these only; default: all")
    matrix.add_argument("--measure", action="store_true", help="run every combination as a DVC experiment")

    stages = commands.add_parser("stages", help="list stages")
    stages.add_argument("--device", choices=["cpu", "cuda"], help="those that need a GPU, or can do without")
    stages.add_argument("--stale", action="store_true", help="those whose results dvc.lock does not have")

    graph = commands.add_parser("graph", help="print the module graph as Mermaid")
    graph.add_argument("--write", action="store_true", help="put it into README.md")


def _questions(commands: Commands) -> None:
    """What is asked of the lineage of results."""
    trace = commands.add_parser("trace", help="show everything that a result was made from")
    trace.add_argument("target", metavar="FILE|HASH|STAGE")
    _revision(trace)
    trace.add_argument("--depth", type=int, metavar="N", help="go N stages back; default: to the raw data")
    trace.add_argument("--licenses", action="store_true", help="list the licences that flow in, and conflicts")
    _format(trace, "json")

    find = commands.add_parser("find", help="recognise a file, from anywhere, by its bytes or tensors")
    find.add_argument("target", metavar="FILE|HASH")
    _format(find, "json")

    impact = commands.add_parser("impact", help="list every result that was made from something")
    impact.add_argument("target", metavar="FILE|HASH|MODULE[@VERSION]|PACKAGE==VERSION")
    impact.add_argument("--format", choices=["table", "json", "csv"], default="table", help="how to print the answer")

    why = commands.add_parser("why", help="why two results differ, or why a stage would run again")
    why.add_argument("a", metavar="A|STAGE", help="a revision, experiment or file; or a stage, alone")
    why.add_argument("b", metavar="B", nargs="?", help="what to compare it with")
    _format(why, "json")


def _accounts(commands: Commands) -> None:
    """What vouches for results, and tells others of them."""
    verify = commands.add_parser("verify", help="say whether results and their records can be relied on")
    verify.add_argument("rev", nargs="?", metavar="REV", help="default: the working tree")
    verify.add_argument("--all", action="store_true", help="every commit of every branch, tag and experiment")
    verify.add_argument("--deep", action="store_true", help="also read the remote, and all installed files")
    verify.add_argument("--allow-unknown", action="store_true", help="succeed though something could not be checked")
    _format(verify, "json")
    verify.add_argument("--signature", metavar="SIG", help="check the signature of REV, which is then a file or folder")
    verify.add_argument("--key", metavar="KEY", help="the signer's public key (PEM)")

    replay = commands.add_parser("replay", help="run a stage again in a clean clone, and compare the results")
    replay.add_argument("target", metavar="STAGE|FILE")
    _revision(replay)
    _format(replay, "json")

    export = commands.add_parser("export", help="write a result's lineage in a format that others read")
    export.add_argument("target", nargs="?", metavar="FILE|HASH|STAGE")
    export.add_argument("--all", action="store_true", help="every final result")
    _revision(export)
    formats = ["ro-crate", "in-toto", "prov", "ml-bom", "model-card"]
    export.add_argument("--format", choices=formats, required=True)
    export.add_argument("-o", "--output", metavar="PATH", help="default: exports/NAME")
    export.add_argument("--sign", metavar="KEY", help="sign it with an elliptic-curve private key (PEM)")

    report = commands.add_parser("report", help="write one page about a revision")
    _revision(report)
    report.add_argument("--against", metavar="REV", help="what changed since REV instead, in Markdown, for reviewers")
    report.add_argument("-o", "--output", metavar="FILE", help="default: report.html, or with --against report.md")


def _library(commands: Commands) -> None:
    """What brings modules into a project, and takes them out."""
    new = commands.add_parser("new", help="make a module that works, for you to change")
    new.add_argument("family", metavar="FAMILY", help="what it is, as encoder or head; a slot takes one family")
    new.add_argument("name", metavar="NAME", help="its folder under modules/")
    new.add_argument("--after", metavar="STAGE[:PORT]|FILE", help="what it reads; default: nothing")
    new.add_argument("--template", metavar="NAME", help="a folder in templates/; default: one that fits what it reads")
    add = commands.add_parser("add", help="take a module, with its contracts, from another project")
    add.add_argument("source", metavar="SOURCE[@REV]", help="a Git URL or a folder, and a tag, branch or commit")
    add.add_argument("name", metavar="NAME", nargs="?", help="the module; needless where there is only one")
    commands.add_parser("outdated", help="hold modules that came from elsewhere against their sources")
    update = commands.add_parser("update", help="bring such a module up to date, and keep what was changed here")
    update.add_argument("module", metavar="NAME[@REV]")
    remove = commands.add_parser("remove", help="take a module out, once no stage uses it")
    remove.add_argument("module", metavar="NAME")
    listing = commands.add_parser("list", help="show every module: family, version, owner, licence, source, use")
    _format(listing, "json")
    owners = commands.add_parser("owners", help="print CODEOWNERS from the modules' cards")
    owners.add_argument("--write", action="store_true", help="put it into CODEOWNERS")


def _registry(commands: Commands) -> None:
    """What says which model is where."""
    _revision(commands.add_parser("gate", help="tell the gate's decision; fail where it rejected"))
    register = commands.add_parser("register", help="give the model of this commit a version, if the gate accepted it")
    register.add_argument("model", metavar="MODEL", nargs="?", help="a name under artifacts: in dvc.yaml; default: all")
    bumps = "how much changed; default: major where its contract changed, else minor"
    register.add_argument("--bump", choices=["major", "minor", "patch"], help=bumps)
    promote = commands.add_parser("promote", help="put a registered version into a stage")
    promote.add_argument("version", metavar="MODEL@VERSION")
    rollback = commands.add_parser("rollback", help="put the version back that the current one replaced")
    rollback.add_argument("model", metavar="MODEL")
    for command in (promote, rollback):
        command.add_argument("stage", metavar="STAGE", help="as production")
    for command in (register, promote, rollback):
        command.add_argument(
            "--local", action="store_true", help="keep the tag in this clone, though there is an origin"
        )
    _format(commands.add_parser("registry", help="show which version is where, since when, by whom"), "json")


def _modules(command: argparse.ArgumentParser) -> None:
    command.add_argument("modules", nargs="*", metavar="MODULE", help="default: all")


def _revision(command: argparse.ArgumentParser) -> None:
    help = "a branch, tag, commit or experiment; default: the working tree"
    command.add_argument("--rev", metavar="REV", help=help)


def _format(command: argparse.ArgumentParser, *others: str) -> None:
    command.add_argument("--format", choices=["text", *others], default="text", help="how to print the answer")
