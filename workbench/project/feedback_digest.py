"""The digest of front-line feedback as a file, recorded before it leaves."""

from __future__ import annotations

import hashlib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import ParameterProblem
from workbench.locale import normal_language
from workbench.project.exports import _free_place, _write, safe_name
from workbench.project.pack import FORMATS, MEDIA_TYPES, PackFile

if TYPE_CHECKING:
    from workbench.project.handle import Project

_WRITER = "workbench.ui.digest"
"""By name: a digest is a screen on paper, and screens stand above projects."""


class DigestFiles:
    """What the digest writes of itself."""

    _project: Project

    def export(self, strategy_id: str | None = None, format: str = "html", lang: str = "en") -> Path:
        """Write the digest for a strategy's owner into the project's exports.

        Parameters
        ----------
        strategy_id : str, optional
            The strategy; by default all of the cycle.
        format : {"html", "xlsx"}, default="html"
            One page that opens without a network, or a workbook.
        lang : {"en", "zh_CN"}, default="en"
            The reader's language; what people wrote stays as they wrote it.

        Returns
        -------
        pathlib.Path
            The file. Customers' numbers are masked in it, and nobody is named who gave
            feedback. It is in the audit log before it is written.

        Raises
        ------
        ParameterProblem
            If there is no such format.
        NotFound
            If the cycle has no such strategy.
        NotAllowed
            If the role may not read what people wrote.
        MachineProblem
            If the file can't be written.
        """
        path = self.deliver(strategy_id, format, lang).path
        assert path is not None
        return path

    def deliver(self, strategy_id: str | None = None, format: str = "html", lang: str = "en") -> PackFile:
        """Return the digest for a browser to save; it lies in the exports too, and in the log before.

        Parameters
        ----------
        strategy_id, format, lang
            As in `export`.
        """
        project = self._project
        project.store.exports.require("contributor")
        if format not in FORMATS:
            known = ", ".join(FORMATS)
            raise ParameterProblem("execution_feedback.error.format", format=format, known=known)
        cycle_id = project.need_cycle().cycle_id
        assert cycle_id is not None
        if strategy_id is not None:
            project.strategy.card(strategy_id)
        moment = project.store.database.clock()
        writer = import_module(_WRITER)
        content: bytes = writer.write(project, strategy_id, format, normal_language(lang), moment)
        whose = safe_name(f"{project.name} {cycle_id}")
        name = f"{whose} feedback {strategy_id or 'all'} {moment:%Y%m%dT%H%M%S}.{format}"
        project.store.exports.begin_digest(
            cycle_id,
            strategy_id=strategy_id or "",
            format=format,
            lang=lang,
            sha256=hashlib.sha256(content).hexdigest(),
            file=name,
        )
        place = _free_place(project.exports, name.removesuffix(f".{format}"), format)
        _write(place, content)
        return PackFile(name, MEDIA_TYPES[format], content, place)
