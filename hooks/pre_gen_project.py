"""Refuse bad answers before anything is generated."""

import json
import keyword
import re
import sys

# tojson escapes quotes and angle brackets, so no answer can end this string.
ANSWERS = r"""{{ cookiecutter | tojson }}"""

LONGEST_PROJECT = 64
PROJECT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
UNSAFE = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029\"\\]")


def problem_of(answers):
    """What is wrong with the first bad answer; None if all are valid."""
    project, email, remote = answers["project"], answers["email"], answers["remote"]
    if not PROJECT.fullmatch(project) or len(project) > LONGEST_PROJECT:
        return (
            f"project: {project!r} must be lower-case letters, digits and single hyphens,"
            f" start with a letter, and have at most {LONGEST_PROJECT} characters"
        )
    if keyword.iskeyword(project):
        return f"project: {project!r} is a Python keyword; choose another name"
    for name in ("description", "author"):
        if not answers[name].strip() or UNSAFE.search(answers[name]):
            return f"{name}: {answers[name]!r} must be one line without double quotes and backslashes, and not empty"
    if not EMAIL.fullmatch(email):
        return f"email: {email!r} is not an e-mail address"
    if UNSAFE.search(remote) or remote != remote.strip() or remote.startswith("-"):
        return f"remote: {remote!r} must be a URL or a folder, in one line without quotes and backslashes"
    return None


def main():
    problem = problem_of(json.loads(ANSWERS))
    if problem:
        print(f"ERROR: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
