"""Which notebooks are published, and which stage each one shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import NotFound, ParameterProblem
from workbench.locale import text

STAGES = ("insight", "strategy", "execution", "review")
ROOM = "room.ipynb"
"""The participants' page of brainstorm rooms: a process of that role serves it, and it alone."""
MESSAGE_PREFIXES = ("shell.stage.", "publish.index.")

_STAGE_FILE = re.compile(rf"\d\d_({'|'.join(STAGES)})\.ipynb")
_INDEX = "index.ipynb"


@dataclass(frozen=True)
class Notebook:
    """A published notebook.

    Attributes
    ----------
    path : str
        File name inside the folder.
    stage : str or None
        ``"insight"`` … ``"review"``, or None for any other notebook.
    """

    path: str
    stage: str | None

    @property
    def is_kept_ready(self) -> bool:
        """Whether a kernel waits for who opens it next: of the stages, and of the room's page."""
        return self.stage is not None or self.path == ROOM

    def title(self, lang: str) -> str:
        """Return the name that a page shows.

        Examples
        --------
        >>> Notebook("01_insight.ipynb", "insight").title("zh_CN")
        '客户洞察'
        """
        if self.stage:
            return text(f"shell.stage.{self.stage}", lang)
        if self.path == ROOM:
            return text("room_page.name", lang)
        return Path(self.path).stem.replace("_", " ")


def published_notebooks(folder: str | Path, role: str = "viewer") -> tuple[Notebook, ...]:
    """Return the notebooks of a folder, the stages first and in the loop's order.

    Parameters
    ----------
    folder : str or Path
        Notebooks in its subfolders (the teaching cases) are not published, and the
        server has an index page of its own.
    role : str, default="viewer"
        A participant is shown the room's page alone; the others all but that.

    Raises
    ------
    ParameterProblem
        If the folder holds no notebook to publish.
    """
    place = Path(folder)
    if role == "participant":
        if not (place / ROOM).is_file():
            raise ParameterProblem("publish.error.no_room_page", folder=place)
        return (Notebook(ROOM, None),)
    found = []
    for file in sorted(place.glob("*.ipynb")):
        if file.name in (_INDEX, ROOM):
            continue
        match = _STAGE_FILE.fullmatch(file.name)
        found.append(Notebook(file.name, match.group(1) if match else None))
    if not found:
        raise ParameterProblem("publish.error.no_notebooks", folder=place)
    order = {stage: i for i, stage in enumerate(STAGES)}
    return tuple(sorted(found, key=lambda each: (order.get(each.stage or "", len(STAGES)), each.path)))


def notebook_of(stage: str, notebooks: tuple[Notebook, ...]) -> Notebook:
    """Return the notebook of a stage, or the one with that name.

    Raises
    ------
    NotFound
        If it is not published.
    """
    for notebook in notebooks:
        if stage in (notebook.stage, notebook.path, Path(notebook.path).stem):
            return notebook
    known = ", ".join(each.stage or Path(each.path).stem for each in notebooks)
    raise NotFound("publish.error.stage", stage=stage, known=known)
