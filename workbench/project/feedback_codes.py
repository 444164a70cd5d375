"""A project's codes of front-line feedback: the packaged ones, or its own, each change a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.locale import normal_language
from workbench.project.codes import VersionedCodes

if TYPE_CHECKING:
    from workbench.execution import FeedbackCode
    from workbench.project.handle import Project

COLUMNS = ("code", "group", "en", "zh_CN", "group_en", "group_zh_CN", "retired", "n")
"""en, zh_CN, group_en and group_zh_CN are labels; n counts what was taken back, too."""


class FeedbackCodes(VersionedCodes):
    """Codes of front-line feedback, at ``project.execution.feedback.codes``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    absent = "execution_feedback.error.no_code"
    columns = COLUMNS

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

    def _standing(self) -> Mapping[str, FeedbackCode]:
        return self.all()

    def _make(self, rows: list[dict[str, Any]]) -> Mapping[str, FeedbackCode]:
        from workbench.execution import make_feedback_codes

        return make_feedback_codes(rows)
