"""Create a project, or open one."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

from workbench.errors import ParameterProblem
from workbench.project.config import FILE, Settings, find_project, read_settings, write_settings
from workbench.project.handle import Project
from workbench.project.portrait_building import write_rules
from workbench.store import open_store
from workbench.store.database import Database, utc_now
from workbench.store.engines import database_url, place_of


def create_project(
    folder: str | os.PathLike[str],
    name: str | None = None,
    *,
    database: str | None = None,
    clock: Callable[[], dt.datetime] | None = None,
) -> Project:
    """Create a project in a new or empty folder.

    Parameters
    ----------
    folder : path
        The project's folder; it may be copied elsewhere later.
    name : str, optional
        Shown on every screen; by default the folder's name.
    database : str, optional
        SQLAlchemy URL of the state; by default ``state.sqlite`` in the folder. A password in
        it is used now and not written down: later it comes from ``PGPASSFILE`` or
        ``PGPASSWORD``.
    clock : callable, optional
        Returns the moment of a write, UTC without a zone.

    Returns
    -------
    Project
        The handle, with the role of an analyst.

    Raises
    ------
    ParameterProblem
        If the folder already holds a project, or the database another one's state.
    MachineProblem
        If the folder can't be written, or the database can't be reached.

    Examples
    --------
    >>> import tempfile, workbench as wb
    >>> with tempfile.TemporaryDirectory() as place:
    ...     project = wb.create_project(f"{place}/my_bank")
    ...     project.name, project.role
    ('my_bank', 'analyst')
    """
    home = Path(folder).expanduser().resolve()
    now = (clock or utc_now)()
    settings = Settings(name or home.name, now.date(), database=database)
    if database is not None and not (home / FILE).exists() and Database(database).holds_state():
        raise ParameterProblem("project.error.database_taken", place=place_of(database_url(database)))
    write_settings(home, settings)
    write_rules(home)
    return Project(home, settings, open_store(home, url=database, clock=clock, four_eyes=settings.four_eyes))


def open_project(
    folder: str | os.PathLike[str] | None = None,
    role: str | None = None,
    cycle: str | None = None,
    *,
    who: str | None = None,
    clock: Callable[[], dt.datetime] | None = None,
) -> Project:
    """Open a project.

    Parameters
    ----------
    folder : path, optional
        Its folder; by default ``WORKBENCH_PROJECT``, else ``demo_bank`` in the current
        folder or one above.
    role : {"viewer", "contributor", "analyst"}, optional
        What the handle may write; by default ``WORKBENCH_ROLE``, else ``analyst``. A
        viewer's connection is read-only.
    cycle : str, optional
        The cycle to look at; by default the newest.
    who : str, optional
        Whom the audit log and approvals name; by default ``WORKBENCH_USER``, else the
        account. Dashboards for another person run under that person's account or name.
    clock : callable, optional
        Returns the moment of a write, UTC without a zone.

    Returns
    -------
    Project
        The handle on the project at a cycle.

    Raises
    ------
    NotFound
        If there is no project, or no such cycle.

    Examples
    --------
    >>> import workbench as wb
    >>> wb.open_project("/nowhere")
    Traceback (most recent call last):
    ...
    workbench.errors.NotFound: There is no project in /nowhere ...
    """
    home = find_project(folder)
    settings = read_settings(home)
    wanted = role or os.environ.get("WORKBENCH_ROLE") or "analyst"
    store = open_store(
        home, url=settings.database, role=wanted, who=who, clock=clock, four_eyes=settings.four_eyes
    )
    return Project(home, settings, store, cycle)
