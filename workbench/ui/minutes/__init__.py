"""Minutes of a brainstorm room: who met, what was said, what came of it, and every move."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from workbench.project import Project

__all__ = ["write"]


def write(
    project: Project, room_id: int, kind: str, lang: str, moment: dt.datetime, *, names: bool = False
) -> bytes:
    """Return the minutes of a room in a format; see `workbench.project.rooms.Rooms.minutes`."""
    from workbench.ui.minutes.record import read_room
    from workbench.ui.minutes.told import tell_minutes

    record = read_room(project, room_id, names=names)
    story = tell_minutes(record, lang, moment)
    if kind == "xlsx":
        from workbench.ui.pack.workbook import write_workbook

        return write_workbook(story, moment)
    from workbench.ui.minutes.page import write_page

    return write_page(record, story, moment)
