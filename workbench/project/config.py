"""A project's settings: ``project.toml`` in its folder."""

from __future__ import annotations

import datetime as dt
import json
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from workbench.errors import MachineProblem, NotFound, ParameterProblem
from workbench.store.approvals import FOUR_EYES
from workbench.store.engines import without_password

FILE = "project.toml"
FOLDERS = ("inbox", "artefacts", "exports")
SMALL_CELL = 11
"""A cell of fewer customers than this is hidden on published screens."""


@dataclass(frozen=True)
class Settings:
    """What ``project.toml`` says.

    Parameters
    ----------
    name : str
        Name of the project.
    created : datetime.date
        Day it was created.
    currency : str
        Currency of every amount.
    small_cell : int
        Smallest number of customers that a published cell may show.
    four_eyes : int
        Customers that one person may launch in a cycle; above it a second one approves.
    database : str or None
        SQLAlchemy URL of the state; None is ``state.sqlite`` in the folder.
    """

    name: str
    created: dt.date
    currency: str = "CNY"
    small_cell: int = SMALL_CELL
    four_eyes: int = FOUR_EYES
    # A password may stand in it.
    database: str | None = field(default=None, repr=False)


def write_settings(folder: Path, settings: Settings) -> None:
    """Make a project's folder, and write its settings; a database's password is not written.

    Raises
    ------
    ParameterProblem
        If there is a project already.
    MachineProblem
        If the folder can't be written.
    """
    if (folder / FILE).exists():
        raise ParameterProblem("project.error.exists", folder=str(folder))
    # A JSON string is a valid TOML basic string.
    lines = [
        f"name = {json.dumps(settings.name, ensure_ascii=False)}",
        f"created = {settings.created.isoformat()}",
        f'currency = "{settings.currency}"',
        "# Fewer customers than this are not shown on published screens.",
        f"small_cell = {settings.small_cell}",
        "# Lists of more customers than this in a cycle are launched by two people.",
        f"four_eyes = {settings.four_eyes}",
        "",
        "# The state's database; without it, state.sqlite in this folder. The account and its password",
        "# are better given in PGUSER and PGPASSFILE: this file is copied with the folder.",
        "[database]",
        f"{'' if settings.database else '# '}url = "
        + json.dumps(
            without_password(settings.database) if settings.database else "postgresql+psycopg://host/name"
        ),
        "",
    ]
    try:
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text("\n".join(lines), encoding="utf-8")
    except OSError as error:
        raise MachineProblem("project.error.folder", folder=str(folder), cause=error.strerror) from error


def read_settings(folder: Path) -> Settings:
    """Read a project's settings.

    Raises
    ------
    NotFound
        If the folder holds no project.
    ParameterProblem
        If the settings can't be read.
    """
    path = folder / FILE
    if not path.is_file():
        raise NotFound("project.error.no_project", folder=str(folder))
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        return Settings(
            name=str(values["name"]),
            created=values["created"],
            currency=str(values.get("currency", "CNY")),
            small_cell=int(values.get("small_cell", SMALL_CELL)),
            four_eyes=max(0, int(values.get("four_eyes", FOUR_EYES))),
            database=values.get("database", {}).get("url"),
        )
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, ValueError, TypeError) as error:
        raise ParameterProblem("project.error.settings", file=str(path), cause=str(error)) from error


def find_project(folder: str | os.PathLike[str] | None) -> Path:
    """Return a project's folder: the one given, ``WORKBENCH_PROJECT``, or ``demo_bank`` nearby.

    Parameters
    ----------
    folder : path, optional
        The folder. By default the environment's, then ``demo_bank`` (or a project) in the
        current folder or one of its parents.

    Raises
    ------
    NotFound
        If no project is found.
    """
    named = folder or os.environ.get("WORKBENCH_PROJECT")
    here = Path.cwd()
    if named:
        wanted = Path(named).expanduser()
        if wanted.is_absolute() or (here / wanted / FILE).is_file():
            return (here / wanted).resolve()
        # A notebook's folder is beneath the one that holds the project.
        for parent in here.parents:
            if (parent / wanted / FILE).is_file():
                return (parent / wanted).resolve()
        return (here / wanted).resolve()
    for place in (here, *here.parents):
        for candidate in (place / "demo_bank", place):
            if (candidate / FILE).is_file():
                return candidate.resolve()
    raise NotFound("project.error.no_demo", folder=str(here))
