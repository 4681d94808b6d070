"""Make a tag and push it; of two people who make the same one, one wins."""

from collections.abc import Callable, Iterable, Sequence

from kit.errors import KitError
from kit.git.command import run_git
from kit.registry.tags import Registry

REMOTE = "origin"


def share_first(registry: Registry, local: bool) -> bool:
    """Fetch tags from the remote; returns whether there is a remote to push to.

    Raises:
        KitError: the remote cannot be reached.
    """
    remotes = run_git(registry.root, "remote").text.split()
    if local or REMOTE not in remotes:
        return False
    done = run_git(registry.root, "fetch", "--quiet", "--tags", REMOTE)
    if done.exit_status:
        why = f"its tags cannot be fetched ({done.message})"
        raise KitError(f"{REMOTE}: {why}; with --local the tag stays in this clone")
    return True


def tagged(registry: Registry, shared: bool, make: Callable[[str], object], what: str) -> None:
    """Make a tag with GTO, and push it; if that fails for any reason, the tag is removed again.

    Raises:
        KitError: someone else has made it, here or at the remote, or the remote refuses it.
    """
    from gto.exceptions import GTOException

    before = _tags(registry)
    try:
        try:
            make(str(registry.root))
        except GTOException as error:
            raise KitError(f"{what}: {error}; `kit registry` shows who is where") from None
        if shared:
            _push(registry, sorted(_tags(registry) - before))
    except BaseException:
        _delete(registry, _tags(registry) - before)
        raise


def _push(registry: Registry, tags: Sequence[str]) -> None:
    """Decide by the tags that the remote has afterwards what went wrong, not by its messages.

    Raises:
        KitError: the remote has another tag of this name, or none.
    """
    refs = [f"refs/tags/{tag}" for tag in tags]
    together = ["--atomic"] if len(refs) > 1 else []
    done = run_git(registry.root, "push", "--quiet", "--no-verify", *together, REMOTE, *refs)
    if done.exit_status == 0:
        return
    asked = run_git(registry.root, "ls-remote", "--tags", REMOTE, *refs)
    if asked.exit_status:
        unknown = f"whether {REMOTE} has it cannot be asked"
        raise KitError(f"{', '.join(tags)}: cannot be pushed ({done.message}), and {unknown}; nothing was kept here")
    own = run_git(registry.root, "for-each-ref", "--format=%(objectname)\t%(refname)", *refs).text.splitlines()
    there = {line for line in asked.text.splitlines() if line.partition("\t")[2] in refs}
    if there == set(own):  # it got through, and the answer was lost
        return
    if there:
        raise KitError(
            f"{', '.join(tags)}: someone else was faster; look at `kit registry` and run this again; nothing was kept"
        )
    hint = "with --local the tag stays in this clone"
    raise KitError(f"{', '.join(tags)}: {REMOTE} refused it ({done.message}); nothing was kept; {hint}")


def _delete(registry: Registry, tags: Iterable[str]) -> None:
    for tag in tags:
        run_git(registry.root, "tag", "--delete", tag)


def _tags(registry: Registry) -> set[str]:
    return set(run_git(registry.root, "tag", "--list").text.split())
