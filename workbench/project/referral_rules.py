"""A project's kinds of referral and reasons: the packaged ones, or its own, each change a version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.project.codes import known_code, plain_numbers, records, versions_frame, with_row, with_uses

if TYPE_CHECKING:
    from workbench.execution.referral_rules import ReferralRules
    from workbench.project.handle import Project

KIND_COLUMNS = (
    "code",
    "en",
    "zh_CN",
    "customer",
    "accept_days",
    "work_days",
    "sender_share",
    "retired",
    "n",
)
REASON_COLUMNS = ("code", "en", "zh_CN", "acts", "retired", "n")
Rows = pd.DataFrame | Sequence[Mapping[str, Any]]


class ReferralCodes:
    """Kinds with their time limits and shares, and reasons, at ``project.execution.referrals.rules``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._store = project.store.referral_rules
        self._read: tuple[int, ReferralRules] | None = None

    @property
    def version(self) -> int:
        """The version in force; 0 is the packaged rules."""
        return self._store.version()

    def current(self) -> ReferralRules:
        """Return the rules in force, retired kinds and reasons included."""
        from workbench.execution import make_referral_rules, read_referral_rules

        version = self._store.version()
        if self._read is None or self._read[0] != version:
            content = self._store.content(version) if version else None
            made = read_referral_rules() if content is None else make_referral_rules(**content)
            self._read = (version, made)
        return self._read[1]

    def kinds(self) -> pd.DataFrame:
        """Return the kinds as a table that `save` takes back.

        Returns
        -------
        pandas.DataFrame
            code, en, zh_CN, customer (empty: all), accept_days, work_days, sender_share
            (percent), retired, and n: the referrals that are of it.
        """
        return self._frame("kinds", KIND_COLUMNS)

    def reasons(self) -> pd.DataFrame:
        """Return the reasons as a table that `save` takes back.

        Returns
        -------
        pandas.DataFrame
            code, en, zh_CN, acts (list of refuse, withdraw, lose), retired, and n: how often
            it was given.
        """
        return self._frame("reasons", REASON_COLUMNS)

    def _frame(self, part: str, columns: tuple[str, ...]) -> pd.DataFrame:
        uses = self._store.uses()[part]
        return pd.DataFrame(with_uses(self.current().plain()[part], uses), columns=list(columns))

    def versions(self) -> pd.DataFrame:
        """Return who changed the rules when and why: version, note, at (UTC), who; the oldest first."""
        return versions_frame(self._store.versions())

    def save(
        self,
        kinds: Rows | None = None,
        reasons: Rows | None = None,
        *,
        expected_version: int | None = None,
        note: str = "",
    ) -> int:
        """Put rules in force in place of those there are, and return the version.

        What was sent before keeps its limits and its share; what was credited stays as it is.

        Parameters
        ----------
        kinds, reasons : pandas.DataFrame or sequence of mapping, optional
            As `kinds` and `reasons` return them; by default those in force. See
            `workbench.execution.make_referral_rules`.
        expected_version : int, optional
            The version that was looked at; by default whatever is in force.
        note : str, default=""
            Why.

        Raises
        ------
        ParameterProblem
            If one is not possible, or one that is in use is left out.
        Conflict
            If somebody else changed the rules first.
        NotAllowed
            If the role may not define rules.
        """
        from workbench.execution import make_referral_rules

        self._store.require("analyst")
        version = self._store.version() if expected_version is None else expected_version
        standing = self.current()
        parts = {
            part: standing.plain()[part] if rows is None else [plain_numbers(row) for row in records(rows)]
            for part, rows in (("kinds", kinds), ("reasons", reasons))
        }
        wanted = make_referral_rules(**parts)
        removed = {
            "kinds": [code for code in standing.kinds if code not in wanted.kinds],
            "reasons": [code for code in standing.reasons if code not in wanted.reasons],
        }
        return self._store.save(wanted.plain(), removed, expected_version=version, note=note)

    def put_kind(self, row: Mapping[str, Any], *, note: str = "", expected_version: int | None = None) -> int:
        """Change one kind, or add it behind the others; return the version."""
        return self._put("kinds", row, note, expected_version)

    def put_reason(
        self, row: Mapping[str, Any], *, note: str = "", expected_version: int | None = None
    ) -> int:
        """Change one reason, or add it behind the others; return the version."""
        return self._put("reasons", row, note, expected_version)

    def retire(self, code: str, *, note: str = "") -> int:
        """Offer a kind or a reason no more; what has it stays readable. Return the version.

        Raises
        ------
        NotFound
            If there is no such code.
        """
        return self._put(self._part(code), {"code": code, "retired": True}, note)

    def restore(self, code: str, *, note: str = "") -> int:
        """Offer a retired kind or reason again, and return the version.

        Raises
        ------
        NotFound
            If there is no such code.
        """
        return self._put(self._part(code), {"code": code, "retired": False}, note)

    def delete(self, code: str, *, note: str = "") -> int:
        """Delete a kind or reason that nothing has, and return the version.

        Raises
        ------
        NotFound
            If there is no such code.
        ParameterProblem
            If referrals have it; the sentence says how many.
        """
        part = self._part(code)
        rows = [row for row in self.current().plain()[part] if row["code"] != code]
        return self._save(part, rows, note)

    def _put(self, part: str, row: Mapping[str, Any], note: str, expected_version: int | None = None) -> int:
        return self._save(part, with_row(self.current().plain()[part], row), note, expected_version)

    def _save(self, part: str, rows: Rows, note: str, expected_version: int | None = None) -> int:
        parts = {"kinds": None, "reasons": None, part: rows}
        return self.save(**parts, note=note, expected_version=expected_version)

    def _part(self, code: str) -> str:
        current = self.current()
        known_code(code, [*current.kinds, *current.reasons], "execution_referral.error.no_code")
        return "kinds" if code in current.kinds else "reasons"
