"""What a board pack is made of: pages with a finding, a table, and how the table is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.ui.state.parts import Fact, Kpi

Kind = Literal[
    "text", "long", "count", "decimal", "money", "ratio", "share", "points", "p", "against", "day", "moment"
]
"""How a column's values are written; shares and points come as fractions of one."""


class Hidden:
    """What stands in a cell that this reader may not see."""

    def __repr__(self) -> str:
        return "HIDDEN"


HIDDEN = Hidden()


@dataclass(frozen=True)
class Column:
    """A column of a page's table; a spare one stands only in the workbook, which has the room."""

    label: str
    kind: Kind = "text"
    spare: bool = False


@dataclass(frozen=True)
class Cell:
    """A value that is written otherwise than the rest of its column."""

    value: Any
    kind: Kind


@dataclass(frozen=True)
class Native:
    """A spreadsheet's own chart of a page's columns, which are named by their position.

    Parameters
    ----------
    form : {"effects", "steps", "against", "days"}
        Dots with their intervals; bars beside their plan; bars with a line at the plan;
        a line with its band.
    label : int
        What stands at the axis.
    values : tuple of int
        What is drawn: for ``effects`` and ``days`` the estimate, its lower and its upper
        end; for ``steps`` the figure and the plan; for ``against`` the share of the plan.
    proven : tuple of bool, default=()
        For ``effects``: which dots are filled.
    """

    form: Literal["effects", "steps", "against", "days"]
    label: int
    values: tuple[int, ...]
    proven: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Page:
    """One page: a sheet of the workbook, a section of the report.

    Parameters
    ----------
    name : str
        Which, for code.
    label : str
        Its name in the reader's language, at most 31 characters.
    title, subtitle : str
        The finding, and what it rests on.
    columns : tuple of Column
        The table's columns.
    rows : list of tuple
        The table; None is missing, `HIDDEN` may not be seen.
    nothing : str, default=""
        Said where there are no rows.
    folded : bool, default=False
        Whether the report shows the table only when asked: its chart says it all.
    chart : Any, default=None
        An Altair chart, for the report.
    native : Native, optional
        The same, for the workbook.
    """

    name: str
    label: str
    title: str
    subtitle: str = ""
    columns: tuple[Column, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    nothing: str = ""
    folded: bool = False
    chart: Any = None
    native: Native | None = None


@dataclass(frozen=True)
class Story:
    """A whole board pack, before it is written in a format.

    Parameters
    ----------
    title, subtitle : str
        The finding, and what it rests on.
    project, cycle : str
        Whose and which.
    lang : str
        ``"en"`` or ``"zh_CN"``.
    kpis : list of Kpi
        The key figures in words.
    tags : list of (str, str)
        Health tags and their tones.
    summary : Page
        The key figures as numbers.
    pages : list of Page
        The rest.
    method : list of str
        Sentences on how the figures came about.
    facts : list of (str, str)
        Where they come from.
    appendix : list of Page
        Pages that stand after everything else.
    """

    title: str
    subtitle: str
    project: str
    cycle: str
    lang: str
    kpis: list[Kpi]
    tags: list[tuple[str, str]]
    summary: Page
    pages: list[Page]
    method: list[str]
    facts: list[Fact]
    appendix: list[Page] = field(default_factory=list)
