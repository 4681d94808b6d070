"""Validate a crate with roc-validator, without the network: the JSON-LD contexts come from files.

    python validate.py CRATE PROFILE URL=FILE…

Prints each issue; exits 1 where there is a REQUIRED one. Any other request is refused.
"""

import io
import sys
import urllib.request
import urllib.response
from email.message import Message
from pathlib import Path
from urllib.error import URLError

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

CONTEXTS = dict(pair.split("=", 1) for pair in sys.argv[3:])


class FromFile(urllib.request.HTTPSHandler):
    """What rdflib asks for."""

    def https_open(self, request: urllib.request.Request) -> urllib.response.addinfourl:
        file = CONTEXTS.get(request.full_url)
        if file is None:
            raise URLError(f"not served offline: {request.full_url}")
        headers = Message()
        headers["Content-Type"] = "application/ld+json"
        answer = urllib.response.addinfourl(io.BytesIO(Path(file).read_bytes()), headers, request.full_url, 200)
        answer.msg = "OK"  # type: ignore[attr-defined]
        return answer


def from_file(self: HTTPAdapter, request: requests.PreparedRequest, **_: object) -> requests.Response:
    """What the validator itself asks for."""
    file = CONTEXTS.get(str(request.url))
    if file is None:
        raise requests.ConnectionError(f"not served offline: {request.url}")
    body, headers = io.BytesIO(Path(file).read_bytes()), {"Content-Type": "application/ld+json"}
    raw = HTTPResponse(body, headers, 200, preload_content=False, request_url=str(request.url))
    return self.build_response(request, raw)


HTTPAdapter.send = from_file  # type: ignore[method-assign,assignment]
urllib.request.install_opener(urllib.request.build_opener(FromFile))

from rocrate_validator import services  # noqa: E402
from rocrate_validator.models import Severity, ValidationSettings  # noqa: E402

settings = ValidationSettings(
    rocrate_uri=sys.argv[1],
    profile_identifier=sys.argv[2],
    requirement_severity=Severity.REQUIRED,
    skip_availability_check=True,
)
result = services.validate(settings)
for issue in result.get_issues(Severity.REQUIRED):
    print(f"{issue.check.identifier}: {issue.message} [{issue.violatingEntity}]")
print(f"{len(result.executed_checks)} checks of {sys.argv[2]}")
sys.exit(0 if result.passed() else 1)
