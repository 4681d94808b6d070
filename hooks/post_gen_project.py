"""Turn the generated folder into a working Git and DVC repository."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

# tojson escapes quotes and angle brackets, so no answer can end this string.
ANSWERS = r"""{{ cookiecutter | tojson }}"""

# What each answer adds (from a path in choices/ to its place) and removes. Each path is a file or a whole folder.
WAITING = Path("choices")
GITHUB = {"github": ".github"}
GITLAB = {"gitlab/gitlab-ci.yml": ".gitlab-ci.yml", "gitlab/comment.py": ".gitlab/comment.py"}
CHOICES = {
    "license": {
        "MIT": {"adds": {"license-mit": "LICENSE"}},
        "Apache-2.0": {"adds": {"license-apache": "LICENSE"}},
        "BSD-3-Clause": {"adds": {"license-bsd": "LICENSE"}},
        "proprietary": {"adds": {"license-proprietary": "LICENSE"}},
    },
    "example": {
        "digits": {},
        "blank": {
            "adds": {
                "blank/README.md": "README.md",
                "blank/CODEOWNERS": "CODEOWNERS",
                "blank/raw.md": "data/raw/README.md",
                "blank/dvc.yaml": "dvc.yaml",
                "blank/params.yaml": "params.yaml",
            },
            "drops": ["contracts", "modules", "data/raw/digits.csv", "data/production", "data/README.md"],
        },
    },
    "ci": {
        "github": {"adds": GITHUB},
        "gitlab": {"adds": GITLAB},
        "both": {"adds": GITHUB | GITLAB},
        "none": {},
    },
}
RAW_DATA = ["data/raw/digits.csv", "data/production"]
MESSAGE = "Start from the template"


class StepFailed(Exception):
    """A command failed; the message says which and why."""


def main():
    answers = json.loads(ANSWERS)
    if not shutil.which("git"):
        print("ERROR: git is not installed or not on PATH; install Git and generate again", file=sys.stderr)
        return 1
    keep_chosen_files(answers)
    if answers["remote"]:
        add_remote(Path(".dvc/config"), answers["remote"])
    if origin := origin_of(answers):
        Path(".cruft.json").write_text(json.dumps(origin, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    uv = find_uv()
    steps = set_up_steps(answers)
    for number, (what, command) in enumerate(steps):
        print(f"{what} …", flush=True)
        try:
            run(command, uv)
        except StepFailed as error:
            print_what_is_left(error, [command for _, command in steps[number:]])
            return 0
    next_step = "dvc repro" if answers["example"] == "digits" else "kit new --help"
    print(f"\nReady. Next:\n\n  cd {Path.cwd()}\n  source .venv/bin/activate\n  {next_step}")
    return 0


def set_up_steps(answers):
    """What each step does, and its command."""
    in_project = ["uv", "run", "--no-sync"]
    author = {"user.name": answers["author"], "user.email": answers["email"]}
    as_author = [word for key, value in author.items() for word in ("-c", f"{key}={value}")]
    # Where Python may not keep its bytecode, as in many containers, each command would compile again.
    bytecode = ["--compile-bytecode"] if os.environ.get("PYTHONDONTWRITEBYTECODE") else []
    data = [path for path in RAW_DATA if Path(path).exists()]
    known = all(git_knows(key) for key in author)
    identity = [] if known else [(f"Setting {key} here", ["git", "config", key, author[key]]) for key in author]
    return [
        ("Creating the Git repository", ["git", "init", "--quiet", "--initial-branch", "main"]),
        *identity,
        ("Locking the project's own environment", ["uv", "lock", "--quiet"]),
        ("Installing it into .venv", ["uv", "sync", "--quiet", "--frozen", *bytecode]),
        *([("Putting the data under DVC", [*in_project, "dvc", "add", "--quiet", *data])] if data else []),
        ("Installing the hooks of Git and DVC", [*in_project, "pre-commit", "install"]),
        ("Collecting the files", ["git", "add", "--all"]),
        ("Making the first commit", ["git", *as_author, "commit", "--quiet", "--no-verify", "--message", MESSAGE]),
    ]


def git_knows(key):
    """Whether this machine's Git has a value; without an identity neither `git commit` nor `dvc exp run` works."""
    # A repository that the project happens to lie in does not count.
    variables = {**own_variables(), "GIT_CEILING_DIRECTORIES": str(Path.cwd().parent)}
    asked = subprocess.run(["git", "config", "--get", key], env=variables, capture_output=True, check=False)
    return asked.returncode == 0


def own_variables():
    """The environment without what points Git and uv to another repository or environment."""
    hidden = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if name not in hidden}


def keep_chosen_files(answers):
    """Add and remove files according to the answers, and remove the files for other answers."""
    for question, by_answer in CHOICES.items():
        chosen = by_answer[answers[question]]
        for dropped in map(Path, chosen.get("drops", [])):
            shutil.rmtree(dropped) if dropped.is_dir() else dropped.unlink()
        for waiting, target in chosen.get("adds", {}).items():
            Path(target).parent.mkdir(exist_ok=True)
            (WAITING / waiting).replace(target)
    shutil.rmtree(WAITING)


def origin_of(answers):
    """Template, commit and answers, as cruft keeps them for `cruft update`; None if cruft itself runs this hook,
    because it writes them, and if the template is in no Git repository."""
    if "_commit" in answers:
        return None
    template, repository = answers.get("_template", ""), Path(answers.get("_repo_dir") or "-")
    here = os.environ.get("PWD", "")  # where the user stands; cookiecutter has gone into the project
    repository = repository if repository.is_absolute() else Path(here, repository)
    is_folder = Path(here, template).is_dir()
    asked = ["git", "-C", str(repository), "rev-parse", "HEAD:./cookiecutter.json", "HEAD"]
    found = subprocess.run(asked, env=own_variables(), capture_output=True, text=True, check=False)
    if found.returncode or not template:
        return None
    return {
        "template": str(repository.resolve()) if is_folder else template,
        "commit": found.stdout.split()[-1],
        "checkout": answers.get("_checkout"),
        "context": {"cookiecutter": {name: value for name, value in answers.items() if not name.startswith("_")}},
        "directory": None,
    }


def add_remote(config, url):
    """Make url the default remote, as `dvc remote add --default storage URL` does; downloads are verified."""
    is_relative = "://" not in url and not os.path.isabs(url) and not url.startswith("~")
    stored = Path("..", url).as_posix() if is_relative else url
    lines = ["    remote = storage", "['remote \"storage\"']", f'    url = "{stored}"', "    verify = true"]
    with config.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def find_uv():
    """The uv on PATH, the one that runs us (uvx sets UV), or the one beside the Python that runs cookiecutter."""
    beside = str(Path(sys.executable).parent)
    return shutil.which("uv") or shutil.which(os.environ.get("UV", "")) or shutil.which("uv", path=beside)


def run(command, uv):
    """Run a command quietly, with this uv; its output matters only if it fails."""
    program = {"uv": uv}.get(command[0], command[0])
    if not program:
        raise StepFailed("uv is not installed or not on PATH")
    done = subprocess.run([program, *command[1:]], env=own_variables(), capture_output=True, text=True, check=False)
    if done.returncode:
        reason = " ".join((done.stderr or done.stdout).split())
        raise StepFailed(f"`{shlex.join(command[:2])}` failed: {reason}")


def print_what_is_left(error, commands):
    print(f"\nThe project is generated, but its set-up is not finished: {error}")
    print(f"Once that is fixed, `make setup` in the project finishes it, as these commands do:\n\n  cd {Path.cwd()}")
    for command in commands:
        print(f"  {shlex.join(command)}")


if __name__ == "__main__":
    sys.exit(main())
