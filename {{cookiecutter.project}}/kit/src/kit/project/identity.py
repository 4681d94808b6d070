"""The user, according to Git and pyproject.toml."""

import re

from kit.errors import KitError
from kit.git.command import run_git
from kit.git.files import WorkingFiles
from kit.project.owners import OWNER
from kit.project.project import Project
from kit.project.settings import pyproject

# These values go into templates, so nothing that a template could read as code is returned.
LICENSE = re.compile(r"[\w.+() -]+", re.ASCII)


def email_of_user(project: Project) -> str:
    """The user's address; else the project's author's."""
    authors = pyproject(WorkingFiles(project.root), "project").get("authors") or [{}]
    known = (_git_config(project, "user.email"), str(authors[0].get("email")))
    return next((address for address in known if OWNER.fullmatch(address)), "unknown")


def name_of_user(project: Project) -> str:
    """The user's name, according to Git."""
    return _git_config(project, "user.name") or "unknown"


def user(project: Project) -> str:
    """`Name <address>`."""
    return f"{name_of_user(project)} <{email_of_user(project)}>"


def license_of_project(project: Project) -> str:
    """The SPDX identifier in pyproject.toml."""
    declared = pyproject(WorkingFiles(project.root), "project").get("license")
    return declared if isinstance(declared, str) and LICENSE.fullmatch(declared) else "LicenseRef-Unknown"


def _git_config(project: Project, key: str) -> str:
    try:
        return run_git(project.root, "config", "--get", key).text.strip()
    except KitError:
        return ""
