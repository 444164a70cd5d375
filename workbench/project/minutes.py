"""Minutes of a brainstorm room as a file, recorded before it leaves."""

from __future__ import annotations

import hashlib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import ParameterProblem
from workbench.locale import normal_language
from workbench.project.exports import _free_place, _write, safe_name
from workbench.project.pack import MEDIA_TYPES, PackFile

if TYPE_CHECKING:
    from workbench.project.handle import Project

FORMATS = ("html", "xlsx")
_WRITER = "workbench.ui.minutes"
"""By name: minutes are a screen on paper, and screens stand above projects."""


class Minutes:
    """What rooms write of themselves."""

    _project: Project

    def minutes(self, room_id: int, format: str = "html", lang: str = "en", *, names: bool = False) -> Path:
        """Write a room's minutes into the project's exports; of an open room, the minutes so far.

        Parameters
        ----------
        room_id : int
            The room.
        format : {"html", "xlsx"}, default="html"
            One page that opens without a network, or a workbook whose last sheet has every
            move, so that the room can be played again from it.
        lang : {"en", "zh_CN"}, default="en"
            The reader's language; what people wrote stays as they wrote it.
        names : bool, default=False
            Whether to name participants, which an analyst may ask for; else they have
            numbers and sides.

        Returns
        -------
        pathlib.Path
            The file. Customers' numbers are masked in it. It is in the audit log before it
            is written.

        Raises
        ------
        ParameterProblem
            If there is no such format.
        NotFound
            If there is no such room.
        NotAllowed
            If the role may not write, or asks for names and is not an analyst's.
        MachineProblem
            If the file can't be written.
        """
        self._project.store.exports.require("contributor")
        path = self.deliver_minutes(room_id, format, lang, names=names).path
        assert path is not None
        return path

    def deliver_minutes(
        self, room_id: int, format: str = "html", lang: str = "en", *, names: bool = False
    ) -> PackFile:
        """Return a room's minutes for a browser to save; in the exports too where the role may write.

        The log has them before the file is there, and before anybody is given its content.
        A viewer writes nothing and takes along what the screen shows.

        Parameters
        ----------
        room_id, format, lang, names
            As in `minutes`.

        Returns
        -------
        PackFile
            name, media_type, content; path is None for a viewer.
        """
        project = self._project
        made = self._minutes_file(room_id, format, lang, names=names)
        if project.role == "viewer":
            return made
        project.store.exports.begin_minutes(
            project.insight.rooms.one(room_id)["cycle_id"],
            room_id=room_id,
            format=format,
            lang=lang,
            names=names,
            sha256=hashlib.sha256(made.content).hexdigest(),
            file=made.name,
        )
        place = _free_place(project.exports, made.name.removesuffix(f".{format}"), format)
        _write(place, made.content)
        return PackFile(made.name, made.media_type, made.content, place)

    def _minutes_file(self, room_id: int, format: str, lang: str, *, names: bool) -> PackFile:
        project = self._project
        if format not in FORMATS:
            raise ParameterProblem("room_minutes.error.format", format=format, known=", ".join(FORMATS))
        if names:
            project.store.exports.require("analyst")
        room, moment = project.insight.rooms.one(room_id), project.store.database.clock()
        writer = import_module(_WRITER)
        content: bytes = writer.write(project, room_id, format, normal_language(lang), moment, names=names)
        whose = safe_name(f"{project.name} {room['cycle_id']}")
        name = f"{whose} room {room['code']} minutes {moment:%Y%m%dT%H%M%S}.{format}"
        return PackFile(name, MEDIA_TYPES[format], content)
