"""A project's codes of front-line feedback: the packaged ones, or its own, each change a version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.locale import normal_language
from workbench.project.codes import VersionedCodes

if TYPE_CHECKING:
    from workbench.execution import FeedbackCode
    from workbench.project.handle import Project

COLUMNS = ("code", "group", "en", "zh_CN", "group_en", "group_zh_CN", "retired", "n")


class FeedbackCodes(VersionedCodes):
    """Codes of front-line feedback, at ``project.execution.feedback.codes``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    absent = "execution_feedback.error.no_code"

    def __init__(self, project: Project) -> None:
        self._store = project.store.feedback_codes
        self._read: tuple[int, dict[str, FeedbackCode]] | None = None

    def all(self) -> dict[str, FeedbackCode]:
        """Return the codes in force, in the order in which they are offered, retired ones included."""
        from workbench.execution import make_feedback_codes, read_feedback_codes

        version = self._store.version()
        if self._read is None or self._read[0] != version:
            content = self._store.content(version) if version else None
            made = read_feedback_codes() if content is None else make_feedback_codes(content)
            self._read = (version, dict(made))
        return self._read[1]

    def labels(self, lang: str = "en") -> dict[str, str]:
        """Return what a person reads for each code, retired ones included: for what was said."""
        language = normal_language(lang)
        return {code: entry.labels[language] for code, entry in self.all().items()}

    def groups(self, lang: str = "en") -> list[dict[str, Any]]:
        """Return what a form offers in two taps; see `workbench.execution.offer_feedback_codes`."""
        from workbench.execution import offer_feedback_codes

        return offer_feedback_codes(self.all(), lang)

    def frame(self) -> pd.DataFrame:
        """Return the codes as a table that `save` takes back.

        Returns
        -------
        pandas.DataFrame
            code, group, en, zh_CN, group_en, group_zh_CN (labels), retired, and n: how often the
            project has it, what was taken back included.
        """
        uses = self._store.uses()
        rows = [entry.plain() | {"n": uses.get(code, 0)} for code, entry in self.all().items()]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def save(
        self,
        rows: pd.DataFrame | Sequence[Mapping[str, Any]],
        *,
        expected_version: int | None = None,
        note: str = "",
    ) -> int:
        """Put codes in force in place of those there are, and return the version.

        Parameters
        ----------
        rows : pandas.DataFrame or sequence of mapping
            As `frame` returns them; see `workbench.execution.make_feedback_codes`.
        expected_version : int, optional
            The version that was looked at; by default whatever is in force.
        note : str, default=""
            Why.

        Raises
        ------
        ParameterProblem
            If a code is not possible, or one that was used is left out.
        Conflict
            If somebody else changed the codes first.
        NotAllowed
            If the role may not define codes.
        """
        from workbench.execution import make_feedback_codes

        self._store.require("analyst")
        given: Any = rows.to_dict("records") if isinstance(rows, pd.DataFrame) else list(rows)
        wanted = make_feedback_codes(given)
        version = self._store.version() if expected_version is None else expected_version
        removed = [code for code in self.all() if code not in wanted]
        return self._store.save(
            [entry.plain() for entry in wanted.values()], removed, expected_version=version, note=note
        )

    def _standing(self) -> Mapping[str, FeedbackCode]:
        return self.all()
