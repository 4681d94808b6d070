"""Which tests pytest's workers get, and when: the longest first, and together what shares a fixture."""

from pathlib import PurePath

import pytest
from xdist.scheduler import LoadScopeScheduling

# What takes longest begins first, and what needs no finished project while another worker makes that.
ORDER = ["e2e/test_audit", "e2e/test_updates", "e2e/test_s3", "e2e/test_ci", "e2e/", "template/", "cli/", "unit/"]
# The files of e2e/ whose tests share more than the finished project, of which each of the others takes a copy.
TOGETHER = {"test_audit.py", "test_ci.py", "test_s3.py"}


def rank(item: pytest.Item) -> int:
    return next(number for number, start in enumerate(ORDER) if start in item.nodeid)


class Scheduling(LoadScopeScheduling):
    """File by file, but the tests of most files of e2e/ one by one; in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePath(nodeid.partition("::")[0])
        alone = file.parent.name == "e2e" and file.name not in TOGETHER
        return nodeid if alone else str(file)
