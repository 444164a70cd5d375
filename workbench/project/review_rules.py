"""The rules that a project's review recommends by: in force, checked, saved, compared."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import Conflict, MachineProblem, NotFound, ParameterProblem
from workbench.store import Artefact

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.review import Rules

FILE = "review_rules.toml"
KIND = "review_rules"
LONGEST = 100_000
"""Characters of a text of rules."""


class ReviewRules:
    """The rules of a project's review; `workbench.project.advice.Advice` builds on it.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._artefacts = project.store.artefacts

    @property
    def path(self) -> Path:
        """Where the project's own rules stand; the file is there once somebody edited them."""
        return self._project.folder / FILE

    def rules_text(self) -> str:
        """Return the text of the rules in force: the project's own, or the workbench's.

        Raises
        ------
        ParameterProblem
            If the file is not UTF-8.
        """
        from workbench.review.rules import default_rules_text

        if not self.path.is_file():
            return default_rules_text()
        try:
            return self.path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise ParameterProblem("review_advice.error.encoding", file=str(self.path)) from error
        except OSError as error:
            raise MachineProblem("store.error.disk", file=str(self.path), cause=error.strerror) from error

    def rules(self) -> Rules:
        """Return the rules in force.

        Raises
        ------
        ParameterProblem
            If the file has a mistake; the sentence says file, line and rule.
        """
        return self.read(self.rules_text())

    def read(self, text: str) -> Rules:
        """Return the rules of a text, without storing it.

        Raises
        ------
        ParameterProblem
            If it has a mistake, or is too long.
        """
        from workbench.review import read_rules

        if len(text) > LONGEST:
            raise ParameterProblem("review_advice.error.too_long", n=f"{len(text):,}", most=f"{LONGEST:,}")
        return read_rules(text, FILE)

    def rules_hash(self) -> str:
        """Return the hash that names the rules in force.

        Examples
        --------
        A text that is edited is saved with the hash it began from::

            text, began = advice.rules_text(), advice.rules_hash()
            advice.save_rules(text.replace("scale_return = 3.0", "scale_return = 4.0"), began)
        """
        from workbench.store.content import hash_text

        return hash_text(self.rules_text())

    def rule_versions(self) -> pd.DataFrame:
        """Return the texts of rules that were saved or decided by, oldest first.

        Returns
        -------
        pandas.DataFrame
            version, saved_at (UTC), saved_by, note, sha256, in_force.
        """
        now = self.rules_hash()
        rows = [
            (a.version, a.created_at, a.created_by, a.summary.get("note", ""), a.summary["sha256"])
            for a in self._artefacts.versions(KIND)
        ]
        found = pd.DataFrame(rows, columns=["version", "saved_at", "saved_by", "note", "sha256"])
        last = found.loc[found["sha256"].eq(now), "version"].max() if len(found) else None
        return found.assign(in_force=found["version"].isin([last]))

    def rules_of(self, version: int) -> str:
        """Return the text of an earlier version.

        Raises
        ------
        NotFound
            If there is no such version.
        """
        for artefact in self._artefacts.versions(KIND):
            if artefact.version == version:
                return str(self._artefacts.document(artefact, KIND)["text"])
        raise NotFound("insight_portrait.error.no_version", version=version)

    def save_rules(self, text: str, base_hash: str | None = None, *, note: str = "") -> int:
        """Make a text the rules in force, once it was checked; earlier texts are kept.

        Parameters
        ----------
        text : str
            TOML as in ``review/rules.toml``.
        base_hash : str, optional
            `rules_hash` of the text that was edited. If others changed it since, nothing is
            written.
        note : str, default=""
            Why.

        Returns
        -------
        int
            The new version.

        Raises
        ------
        ParameterProblem
            If the text has a mistake; the sentence says line and rule.
        Conflict
            If somebody else changed the rules in between; ``difference["rules"]`` holds
            both texts.
        NotAllowed
            If the role may not change rules.
        """
        self._project.store.trail.require("analyst")
        rules = self.read(text)
        before = self.rules_text()
        if base_hash is not None and self.rules_hash() != base_hash:
            raise self._changed(text, before)
        known = self.keep_rules(before)
        try:
            kept = self.keep_rules(rules.text, note, after=known.version)
        except Conflict as conflict:
            raise self._changed(text, self.rules_text()) from conflict
        _write(self.path, rules.text)
        return kept.version

    @staticmethod
    def _changed(mine: str, theirs: str) -> Conflict:
        return Conflict("review_advice.error.changed_meanwhile", difference={"rules": (mine, theirs)})

    def keep_rules(self, text: str, note: str = "", after: int | None = None) -> Artefact:
        """Store a text of rules as the newest version, or return the newest if it is that."""
        from workbench.store.content import hash_text

        sha256 = hash_text(text)
        newest = self._artefacts.latest(KIND)
        if newest is not None and newest.summary["sha256"] == sha256:
            return newest
        return self._artefacts.save(
            KIND,
            {},
            documents={KIND: {"text": text, "sha256": sha256}},
            summary={"sha256": sha256, "note": note.strip()[:200]},
            after=after,
        )


def compare_texts(before: str, after: str) -> list[tuple[str, str]]:
    r"""Return the lines in which two texts differ, with a line around them.

    Parameters
    ----------
    before, after : str
        The texts.

    Returns
    -------
    list of (str, str)
        Sign and line: ``-`` is gone, ``+`` is new, ``" "`` stays, ``@`` says where.

    Examples
    --------
    >>> compare_texts("a = 1\nb = 2", "a = 1\nb = 3")
    [('@', '-1,2 +1,2'), (' ', 'a = 1'), ('-', 'b = 2'), ('+', 'b = 3')]
    """
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))[2:]
    return [("@", line.strip("@ ")) if line.startswith("@@") else (line[:1], line[1:]) for line in lines]


def _write(path: Path, text: str) -> None:
    try:
        beside = path.with_suffix(".new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise MachineProblem("store.error.disk", file=str(path), cause=error.strerror) from error
