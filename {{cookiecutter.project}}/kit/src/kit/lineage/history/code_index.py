"""The code of a hash in dvc.lock, looked for in every commit."""

from collections.abc import Iterable

from kit.lineage.history.history import History
from kit.lineage.history.lockfile import Execution
from kit.project.module_code import Source


class CodeIndex:
    """Finds the module's folder that an execution ran, by its hash."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._by_module: dict[str, dict[str, Source]] = {}

    def source(self, execution: Execution, commits: Iterable[str] = ()) -> Source | None:
        """The code; `commits` are searched first. None if neither a commit nor the working tree has it."""
        code = execution.code
        if code is None:
            return None
        likely = (self._at(commit, execution.module) for commit in commits)
        found = next((source for source in likely if source and source.md5 == code.hash), None)
        return found or self._all(execution.module).get(code.hash)

    def version(self, execution: Execution, commits: Iterable[str] = ()) -> str | None:
        """The module's version: the record's, else that of the code; None if both are missing."""
        document = self._history.records.of(execution).document
        if document:
            return str(document["module"]["version"])
        source = self.source(execution, commits)
        return source.version if source else None

    def _all(self, module: str) -> dict[str, Source]:
        """Hash to code, for every version of a module in a commit or the working tree."""
        if module not in self._by_module:
            sources = {self._at(commit, module) for commit in self._history.commits}
            if self._history.has_working_tree:
                sources.add(self._history.working_tree.source(module))
            self._by_module[module] = {source.md5: source for source in sources if source}
        return self._by_module[module]

    def _at(self, commit: str, module: str) -> Source | None:
        return self._history.at(commit).source(module)
