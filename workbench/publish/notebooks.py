"""Which notebooks are published, and which stage each one shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import NotFound, ParameterProblem
from workbench.locale import text

STAGES = ("insight", "strategy", "execution", "review")
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

    def title(self, lang: str) -> str:
        """Return the name that a page shows.

        Examples
        --------
        >>> Notebook("01_insight.ipynb", "insight").title("zh_CN")
        '客户洞察'
        """
        if self.stage:
            return text(f"shell.stage.{self.stage}", lang)
        return Path(self.path).stem.replace("_", " ")


def published_notebooks(folder: str | Path) -> tuple[Notebook, ...]:
    """Return the notebooks of a folder, the stages first and in the loop's order.

    Parameters
    ----------
    folder : str or Path
        Notebooks in its subfolders (the teaching cases) are not published, and the
        server has an index page of its own.

    Raises
    ------
    ParameterProblem
        If the folder holds no notebook.
    """
    place = Path(folder)
    found = []
    for file in sorted(place.glob("*.ipynb")):
        if file.name == _INDEX:
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
