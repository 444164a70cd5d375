"""What the case notebooks work on: public files, known to be the right ones, and copies of a project."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import ImportProblem, NotFound, ParameterProblem

if TYPE_CHECKING:
    from workbench.project.handle import Project

PLACE = "WORKBENCH_CASES"
"""Environment variable that names the folder of the files."""


@dataclass(frozen=True)
class Case:
    """One public file.

    Parameters
    ----------
    file : str
        Its name.
    sha256 : str
        Of its content, as published.
    snapshot_date : str
        The day that its customers are shown on; the files themselves name none. Empty for
        a campaign's file, which makes no portrait.
    source : str
        Whose it is, under which licence.
    """

    file: str
    sha256: str
    snapshot_date: str
    source: str


CASES = {
    "bank-marketing": Case(
        "bank-marketing.csv",
        "d1513ec63b385506f7cfce9f2c5caa9fe99e7ba4e8c3fa264b3aaf0f849ed32d",
        "2010-12-31",
        "UCI Bank Marketing, bank-full.csv (CC BY 4.0), Moro, Rita and Cortez 2014",
    ),
    "card-customers": Case(
        "card-customers.csv",
        "23fec86189087c0d597ebcd1673f8efa946852e26a9e25962c964430b24df037",
        "2020-12-31",
        "Credit Card customers, BankChurners.csv (CC0)",
    ),
    "hillstrom": Case(
        "hillstrom.csv",
        "ff9e59285e9dc3f5fa3e0975419e6631ea5bdccd65d818991473d2367e02979c",
        "",
        "K. Hillstrom, MineThatData e-mail challenge, 2008",
    ),
}


def find_case(name: str) -> Path:
    """Return the file of a case, once it is known to be the published one.

    It is looked for in the folder that ``WORKBENCH_CASES`` names, then in ``cases`` and
    ``shared/cases`` of the current folder and those above it. Nothing is fetched: a bank's
    network has no way out.

    Parameters
    ----------
    name : {"bank-marketing", "card-customers", "hillstrom"}
        The case.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ParameterProblem
        If there is no such case.
    NotFound
        If the file is nowhere; the sentence says whose it is and where to put it.
    ImportProblem
        If a file of that name holds something else.

    Examples
    --------
    >>> find_case("titanic")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    workbench.errors.ParameterProblem: There is no case "titanic". Cases: bank-marketing, ...
    """
    if name not in CASES:
        raise ParameterProblem("project.case.unknown", case=name, known=", ".join(CASES))
    case = CASES[name]
    for folder in _places():
        path = folder / case.file
        if path.is_file():
            if hashlib.sha256(path.read_bytes()).hexdigest() != case.sha256:
                raise ImportProblem("project.case.changed", file=path, source=case.source)
            return path
    raise NotFound("project.case.absent", file=case.file, source=case.source, variable=PLACE)


def open_case(name: str, folder: str | os.PathLike[str] | None = None) -> Project:
    """Open the project of a case, with its file imported.

    Parameters
    ----------
    name : {"bank-marketing", "card-customers"}
        The case.
    folder : path, optional
        The project's folder; by default ``case_<name>`` in the current folder. It is
        created when it is not there.

    Returns
    -------
    Project

    Raises
    ------
    ParameterProblem, NotFound, ImportProblem
        As `find_case`; or the case is a campaign's file and makes no project.

    Examples
    --------
    >>> open_case("titanic")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    workbench.errors.ParameterProblem: There is no case "titanic". Cases: bank-marketing, ...
    """
    from workbench.project.opening import create_project, open_project

    path = find_case(name)
    if not CASES[name].snapshot_date:
        raise ParameterProblem("project.case.campaign", case=name)
    home = Path(folder) if folder is not None else Path(f"case_{name.replace('-', '_')}")
    there = (home / "project.toml").is_file()
    project = open_project(home) if there else create_project(home)
    project.import_files(path, snapshot_date=CASES[name].snapshot_date)
    return project


def open_copy(
    project: Project,
    folder: str | os.PathLike[str] | None = None,
    *,
    cycle: str | None = None,
    raw_files: bool = False,
) -> Project:
    """Open a copy of a project, to practise on; the project itself stays as it is.

    Parameters
    ----------
    project : Project
        What is copied; its exports are left out.
    folder : path, optional
        Where to, new; by default a temporary folder of this machine.
    cycle : str, optional
        Of the copy's handle; by default the project's.
    raw_files : bool, default=False
        Whether the inbox comes along. Only a new import needs it, and it is the larger part.

    Returns
    -------
    Project

    Raises
    ------
    ParameterProblem
        If the project's state lies in a database elsewhere: a copied folder would still
        write to it.

    Examples
    --------
    >>> from workbench.project.opening import create_project
    >>> project = create_project(tempfile.mkdtemp() + "/bank", "Bank")
    >>> copy = open_copy(project)
    >>> copy.name, copy.folder == project.folder
    ('Bank', False)
    """
    from workbench.project.opening import open_project

    if project.settings.database:
        raise ParameterProblem("project.case.no_copy")
    name = project.folder.name
    home = Path(folder) if folder is not None else Path(tempfile.mkdtemp(prefix="workbench_copy_")) / name
    left = ("exports",) if raw_files else ("exports", "inbox")
    shutil.copytree(project.folder, home, ignore=_at_top(project.folder, left))
    for each in left:
        (home / each).mkdir(exist_ok=True)
    return open_project(home, project.role, cycle or project.cycle.cycle_id or None)


def _at_top(folder: Path, names: tuple[str, ...]) -> Callable[[str, list[str]], list[str]]:
    return lambda place, _: [*names] if Path(place) == folder else []


def _places() -> list[Path]:
    named = os.environ.get(PLACE)
    if named:
        return [Path(named)]
    here = Path.cwd()
    return [home / beside for home in (here, *here.parents) for beside in ("cases", "shared/cases")]
