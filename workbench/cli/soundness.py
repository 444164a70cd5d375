"""`workbench check`: whether a project's files and state are still what was stored."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench import locale
from workbench.errors import Damaged, NotFound, WorkbenchError

if TYPE_CHECKING:
    from workbench.store import Store


@dataclass(frozen=True)
class Checked:
    """One line of the table.

    Parameters
    ----------
    what : str
        What was checked.
    n : int
        How many things were looked at.
    result : str
        A word.
    damage : tuple of str, default=()
        A sentence for each thing that is not as it was stored.
    """

    what: str
    n: int
    result: str
    damage: tuple[str, ...] = ()


def examine_project(folder: Path, lang: str) -> list[Checked]:
    """Check everything a project has stored, changing nothing.

    Parameters
    ----------
    folder : pathlib.Path
        The project's folder.
    lang : {"en", "zh_CN"}
        Language of the words and sentences.

    Returns
    -------
    list of Checked
        The database, the stored tables by kind, the mapping.

    Raises
    ------
    NotFound
        If there is no project in the folder.
    """
    if not (folder / "project.toml").is_file():
        raise NotFound("cli.error.no_project", folder=folder)
    from workbench.project.config import read_settings
    from workbench.store import open_store

    state = _check_state(folder / "state.sqlite", lang)
    rows = [state]
    if not state.damage:
        try:
            url = read_settings(folder).database
            rows += _check_artefacts(open_store(folder, url=url, role="viewer"), lang)
        except WorkbenchError as problem:
            rows.append(_checked("cli.check.artefacts", 0, (problem.message(lang),), lang))
    rows.append(_check_mapping(folder, lang))
    return rows


def _checked(key: str, n: int, damage: tuple[str, ...], lang: str, name: str = "") -> Checked:
    if damage:
        word = locale.text("cli.check.damaged", lang)
    else:
        word = locale.text("cli.check.sound" if n else "cli.check.absent", lang)
    return Checked(locale.text(key, lang) + name, n, word, damage)


def _check_state(file: Path, lang: str) -> Checked:
    if not file.is_file():
        return _checked("cli.check.state", 0, (), lang)  # kept on a database server, or never written
    try:
        connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
        try:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
            found += [f"{row[0]} → {row[2]}" for row in connection.execute("PRAGMA foreign_key_check")]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    damage = [line for line in found if line != "ok"]
    sentence = locale.text("cli.check.database_says", lang, file=file, found="; ".join(damage))
    return _checked("cli.check.state", 1, (sentence,) if damage else (), lang)


def _check_artefacts(store: Store, lang: str) -> list[Checked]:
    counted: dict[str, int] = {}
    damage: dict[str, list[str]] = {}
    for artefact in store.artefacts.versions():
        counted[artefact.kind] = counted.get(artefact.kind, 0) + 1
        try:
            for file in store.artefacts.manifest(artefact)["files"]:
                store.artefacts.path(artefact, file)
        except (Damaged, NotFound) as problem:
            damage.setdefault(artefact.kind, []).append(problem.message(lang))
    if not counted:
        return [_checked("cli.check.artefacts", 0, (), lang)]
    return [
        _checked("cli.check.artefacts", n, tuple(damage.get(kind, ())), lang, name=f": {kind}")
        for kind, n in sorted(counted.items())
    ]


def _check_mapping(folder: Path, lang: str) -> Checked:
    from workbench.customers import read_mapping

    found = sorted((folder / "inbox").rglob("mapping.toml"))
    damage = []
    for path in found:
        try:
            read_mapping(path)
        except WorkbenchError as problem:
            damage.append(problem.message(lang))
    return _checked("cli.check.mapping", len(found), tuple(damage), lang)
