"""The board pack: a cycle's review as a spreadsheet or a page, recorded before it leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterProblem
from workbench.locale import normal_language
from workbench.project.exports import _free_place, _write, safe_name

if TYPE_CHECKING:
    from workbench.project.handle import Project

FORMATS = ("xlsx", "html")
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html;charset=utf-8",
}
_WRITER = "workbench.ui.pack"
"""By name: the pack is the review's screen on paper, and screens stand above projects."""
Report = Callable[[float, str], Any]


@dataclass(frozen=True)
class PackFile:
    """A board pack that has not been written anywhere.

    Parameters
    ----------
    name : str
        A file name that every system takes.
    media_type : str
        What it is.
    content : bytes
        The file.
    path : pathlib.Path or None, default=None
        Where it also lies in the project.
    """

    name: str
    media_type: str
    content: bytes
    path: Path | None = None


class BoardPack:
    """The board pack of one cycle: ``project.review.pack``.

    Parameters
    ----------
    project : Project
        The handle, at the cycle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store

    def __call__(self, format: str = "xlsx", lang: str = "en") -> Path:
        """Write the board pack into the project's exports.

        Parameters
        ----------
        format : {"xlsx", "html"}, default="xlsx"
            A spreadsheet with its own charts, or one page that opens without a network.
        lang : {"en", "zh_CN"}, default="en"
            The reader's language.

        Returns
        -------
        pathlib.Path
            The file. It holds what this role's screen shows: no single customer, and for
            others than analysts no small cell, nor any that would give one away.

        Raises
        ------
        ParameterProblem
            If there is no such format.
        NotAllowed
            If the role may not write; what a viewer may take along is `content`.
        MachineProblem
            If the file can't be written.

        Examples
        --------
        ``project.review.pack("html", lang="zh_CN")`` in a project that was evaluated.
        """
        self._store.exports.require("contributor")
        path = self.deliver(format, lang).path
        assert path is not None
        return path

    def content(self, format: str = "xlsx", lang: str = "en", report: Report = lambda *_: None) -> PackFile:
        """Return the board pack without writing it; any role may, as it holds what the screen shows.

        Parameters
        ----------
        format, lang : str
            As in a call.
        report : callable, default does nothing
            Told the share that is done and the phase's key.
        """
        if format not in FORMATS:
            raise ParameterProblem("review_pack.error.format", format=format, known=", ".join(FORMATS))
        project, moment = self._project, self._store.database.clock()
        writer = import_module(_WRITER)
        content: bytes = writer.write(project, format, normal_language(lang), moment, report)
        whose = safe_name(f"{project.name} {project.cycle.cycle_id}")
        name = f"{whose} board pack {moment:%Y%m%dT%H%M%S}.{format}"
        return PackFile(name, MEDIA_TYPES[format], content)

    def deliver(self, format: str = "xlsx", lang: str = "en", report: Report = lambda *_: None) -> PackFile:
        """Return the board pack, in the project's exports too where the role may write.

        The log has it before the file is there, and before anybody is given its content.
        """
        project = self._project
        made = self.content(format, lang, report)
        if project.role == "viewer":
            return made
        evaluation = project.review.artefact()
        self._store.exports.begin_pack(
            project.cycle.cycle_id,
            format=format,
            lang=lang,
            evaluation=evaluation.artefact_id if evaluation else None,
            sha256=hashlib.sha256(made.content).hexdigest(),
            file=made.name,
            small_cells="shown" if project.role == "analyst" else "hidden",
        )
        place = _free_place(project.exports, made.name.removesuffix(f".{format}"), format)
        _write(place, made.content)
        return PackFile(made.name, made.media_type, made.content, place)
