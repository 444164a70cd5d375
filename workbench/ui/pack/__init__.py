"""The board pack: a cycle's review as a file, in the sentences and figures of its screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt

    from workbench.project import Project

__all__ = ["write"]


def write(
    project: Project,
    kind: str,
    lang: str,
    moment: dt.datetime,
    report: Callable[[float, str], Any] = lambda *_: None,
) -> bytes:
    """Return the pack of the project's cycle in a format; see `workbench.project.pack.BoardPack`."""
    from workbench.ui.pack.story import tell_story

    story = tell_story(project, lang, moment, report)
    report(0.85, "review_pack.phase.write")
    if kind == "xlsx":
        from workbench.ui.pack.workbook import write_workbook

        return write_workbook(story, moment)
    from workbench.ui.pack.report import write_report

    return write_report(story, moment)
