"""Make a tag, and let the others have it: of two people who make the same one, one wins."""

import re
from collections.abc import Callable

from kit.errors import KitError
from kit.git.command import run_git
from kit.registry.tags import Registry

REMOTE = "origin"
EXISTS = re.compile(r"already exists|would clobber|rejected|cannot lock ref", re.IGNORECASE)


def share_first(registry: Registry, local: bool) -> bool:
    """Fetch the others' tags; returns whether there is somewhere to push to.

    Raises:
        KitError: the remote cannot be reached.
    """
    remotes = run_git(registry.root, "remote").text.split()
    if local or REMOTE not in remotes:
        return False
    done = run_git(registry.root, "fetch", "--quiet", "--tags", REMOTE)
    if done.exit_status:
        raise KitError(
            f"{REMOTE}: its tags cannot be fetched ({done.message}); with --local the tag stays in this clone"
        )
    return True


def tagged(registry: Registry, shared: bool, make: Callable[[str], object], what: str) -> None:
    """Make a tag with GTO, and push it; where somebody was faster, the own tag is taken back.

    Raises:
        KitError: somebody else has made it, here or at the remote.
    """
    from gto.exceptions import GTOException

    before = _tags(registry)
    try:
        make(str(registry.root))
    except GTOException as error:
        raise KitError(f"{what}: {error}; `kit registry` shows who is where") from None
    made = sorted(_tags(registry) - before)
    if not shared:
        return
    for tag in made:
        done = run_git(registry.root, "push", "--quiet", "--no-verify", REMOTE, f"refs/tags/{tag}")
        if done.exit_status:
            run_git(registry.root, "tag", "--delete", tag)
            said = done.message
            faster = "somebody else was faster; look at `kit registry` and run this again"
            raise KitError(
                f"{tag}: {faster if EXISTS.search(said) else f'cannot be pushed ({said})'}; nothing was kept"
            )


def _tags(registry: Registry) -> set[str]:
    return set(run_git(registry.root, "tag", "--list").text.split())
