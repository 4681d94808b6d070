"""Put a report into a merge request as a comment; a later run updates the same one."""

import json
import os
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

MARK = "<!-- kit report -->"


def main() -> None:
    body = Path(sys.argv[1]).read_text(encoding="utf-8")
    project, request = os.environ["CI_PROJECT_ID"], os.environ["CI_MERGE_REQUEST_IID"]
    notes = f"{os.environ['CI_API_V4_URL']}/projects/{project}/merge_requests/{request}/notes"
    ours = [note["id"] for note in call("GET", f"{notes}?per_page=100&sort=asc") if note["body"].startswith(MARK)]
    call("PUT" if ours else "POST", f"{notes}/{ours[0]}" if ours else notes, {"body": body})


def call(method: str, url: str, fields: dict[str, str] | None = None) -> Any:
    """A request to GitLab's API; returns the document that it answers."""
    data = urllib.parse.urlencode(fields).encode() if fields else None
    headers = {"PRIVATE-TOKEN": os.environ["GITLAB_TOKEN"]}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main()
