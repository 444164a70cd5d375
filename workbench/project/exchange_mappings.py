"""Mapping files of other systems: where they are, and which one a file is read or written by."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound
from workbench.tables.exchange import EXCHANGED

if TYPE_CHECKING:
    from workbench.customers import Mapping, Section
    from workbench.project.handle import Project

FOLDER = "exchange"
"""Folder of a project for the mappings of other systems."""


def mapping_names(project: Project) -> list[str]:
    """Return the mapping files in the project's folder ``exchange``, by name."""
    return sorted(path.name for path in (project.folder / FOLDER).glob("*.toml") if path.is_file())


def read_exchange_mapping(project: Project, mapping: Any) -> Mapping:
    """Return a mapping by its object, its file, or its name in the project's folder.

    Raises
    ------
    NotFound
        If there is no mapping of that name.
    ImportProblem
        If the file says something unknown.
    """
    from workbench.customers import Mapping
    from workbench.customers.files import read_mapping

    if isinstance(mapping, Mapping):
        return mapping
    path = Path(os.fspath(mapping))
    if not path.is_file():
        known = mapping_names(project)
        named = [name for name in known if str(mapping) in (name, name.removesuffix(".toml"))]
        if not named:
            raise NotFound(
                "execution_exchange.error.no_mapping", mapping=str(mapping), known=", ".join(known) or "–"
            )
        path = project.folder / FOLDER / named[0]
    return read_mapping(path, EXCHANGED)


def section_of(project: Project, mapping: Any, table: str, source: Any = None) -> Section | None:
    """Return the section by which a table is read or written; None for the workbench's own names.

    Parameters
    ----------
    project : Project
        The handle.
    mapping : Mapping, path, str or None
        None looks in the project's folder for one whose pattern fits the file's name.
    table : {"leads", "outcomes", "corrections"}
        What is exchanged.
    source : path, optional
        The file that is read.

    Raises
    ------
    NotFound
        If the mapping has no section for the table.
    """
    name = "" if source is None or isinstance(source, pd.DataFrame) else Path(source).name
    if mapping is None:
        fitting = [
            section
            for known in (mapping_names(project) if name else [])
            for section in read_exchange_mapping(project, known).sections
            if section.table == table and fnmatchcase(name, section.pattern)
        ]
        return fitting[0] if fitting else None
    found = read_exchange_mapping(project, mapping)
    sections = [section for section in found.sections if section.table == table]
    if not sections:
        raise NotFound("execution_exchange.error.no_section", mapping=found.name, table=table)
    return next((section for section in sections if fnmatchcase(name, section.pattern)), sections[0])


def example_mapping() -> str:
    """Return a mapping to begin with: a CRM that writes Chinese headers and codes in GB18030."""
    text = resources.files("workbench.project").joinpath("exchange_example.toml")
    return text.read_text(encoding="utf-8")
