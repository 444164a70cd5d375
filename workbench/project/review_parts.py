"""What is worked out once a cycle is evaluated, so that every section of the review is in line."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.project.handle import Project

PARTS: tuple[str, ...] = ("evidence", "board", "targeting", "movement", "hypotheses", "advice")
"""Handles on ``project.review`` whose ``fill()`` stores what a section shows, in the order they run."""


def fill_parts(project: Project) -> None:
    """Store what the sections of the review show, from the newest evaluation."""
    for name in PARTS:
        part: Any = attrgetter(name)(project.review)
        part.fill()
