"""Editable templates of a project: each edit is a version, and nobody's is overwritten unseen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import Conflict
from workbench.store import Artefact

if TYPE_CHECKING:
    from workbench.project.handle import Project


@dataclass(frozen=True)
class Edition:
    """One saved version of one template.

    Parameters
    ----------
    key : str
        Which template.
    version : int
        Its number among this template's, from 1.
    content : dict
        What was saved.
    note, saved_by : str
        Why, and who.
    saved_at : datetime.datetime
        UTC.
    artefact_id : str
        Where it is stored.
    """

    key: str
    version: int
    content: dict[str, Any] = field(repr=False)
    note: str
    saved_at: dt.datetime
    saved_by: str
    artefact_id: str


class Editions:
    """The versions of a project's templates of one kind.

    An artefact holds one template's version, so that people who edit different ones are
    never in each other's way.

    Parameters
    ----------
    project : Project
        The handle.
    kind : str
        The artefacts' kind.
    """

    def __init__(self, project: Project, kind: str) -> None:
        self._project = project
        self._kind = kind

    def newest(self) -> dict[str, Artefact]:
        """Return each edited template's newest version, unopened."""
        found: dict[str, Artefact] = {}
        for artefact in self._project.store.artefacts.versions(self._kind):
            key = str(artefact.summary["key"])
            if key not in found or _number(artefact) > _number(found[key]):
                found[key] = artefact
        return found

    def current(self, key: str) -> Edition | None:
        """Return a template's newest version, or None while nobody has edited it."""
        artefact = self.newest().get(key)
        return None if artefact is None else self._open(artefact)

    def history(self, key: str) -> list[Edition]:
        """Return a template's versions, the newest first."""
        known = self._project.store.artefacts.versions(self._kind)
        mine = sorted((a for a in known if a.summary["key"] == key), key=_number, reverse=True)
        return [self._open(artefact) for artefact in mine]

    def save(
        self, key: str, content: Mapping[str, Any], expected_version: int | None, note: str = ""
    ) -> Edition:
        """Save a template's next version.

        Parameters
        ----------
        key : str
            Which template.
        content : mapping
            Plain data.
        expected_version : int, optional
            The version that was edited, 0 for the one the workbench brings. None
            overwrites whatever is there.
        note : str, default=""
            Why.

        Returns
        -------
        Edition
            The new version, or the stored one where nothing differs.

        Raises
        ------
        Conflict
            If a newer version was saved since; ``difference`` shows what differs.
        NotAllowed
            If the role may not save.
        """
        self._project.store.trail.require("analyst")
        while True:
            known = self._project.store.artefacts.versions(self._kind)
            last = max((artefact.version for artefact in known), default=0)
            try:
                return self._save(key, content, expected_version, note, last)
            except Conflict:
                # Somebody saved in this very moment. Was it this template, it is said now.
                newest = self._project.store.artefacts.versions(self._kind)
                if max((artefact.version for artefact in newest), default=0) == last:
                    raise

    def _save(
        self, key: str, content: Mapping[str, Any], expected_version: int | None, note: str, last: int
    ) -> Edition:
        project = self._project
        stored = self.current(key)
        version = 0 if stored is None else stored.version
        if stored is not None and stored.content == dict(content):
            return stored
        if stored is not None and expected_version is not None and expected_version != version:
            difference = {
                name: (value, stored.content.get(name))
                for name, value in content.items()
                if value != stored.content.get(name)
            }
            raise Conflict(
                "store.error.conflict",
                difference=difference,
                what=key,
                columns=", ".join(difference) or "-",
            )
        artefact = project.store.artefacts.save(
            self._kind,
            {},
            cycle_id=project.cycle.cycle_id or None,
            documents={"template": dict(content)},
            inputs=[] if stored is None else [stored.artefact_id],
            parameters={"key": key, "version": version + 1},
            summary={"key": key, "version": version + 1, "note": note[:400]},
            after=last,
        )
        return self._open(artefact)

    def _open(self, artefact: Artefact) -> Edition:
        return Edition(
            key=str(artefact.summary["key"]),
            version=_number(artefact),
            content=self._project.store.artefacts.document(artefact, "template"),
            note=str(artefact.summary["note"]),
            saved_at=artefact.created_at,
            saved_by=artefact.created_by,
            artefact_id=artefact.artefact_id,
        )


def _number(artefact: Artefact) -> int:
    return int(artefact.summary["version"])
