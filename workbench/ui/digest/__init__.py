"""The digest of front-line feedback on paper: what was said most, what rises, in whose words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from workbench.project import Project

__all__ = ["write"]


def write(project: Project, strategy_id: str | None, kind: str, lang: str, moment: dt.datetime) -> bytes:
    """Return the digest in a format; see `workbench.project.feedback_digest.DigestFiles.export`."""
    from workbench.ui.digest.told import tell_digest

    story = tell_digest(project, strategy_id, lang, moment)
    if kind == "xlsx":
        from workbench.ui.pack.workbook import write_workbook

        return write_workbook(story, moment)
    from workbench.ui.pack.report import write_report

    return write_report(story, moment)
