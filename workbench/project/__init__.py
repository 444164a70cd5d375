"""The analyst's handle: where the stages meet the store.

Everything a screen shows or does has its call here. Reading loads no engine and no
machine-learning library, so that a viewer's kernel stays small; rooms are imported by
the methods that need them. The names load on first use: the page of a brainstorm room's
participants needs a project's settings, and no table.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.project.cases import find_case, open_case, open_copy
    from workbench.project.cycles import Cycle
    from workbench.project.execution import OutcomeReport
    from workbench.project.handle import Project
    from workbench.project.imports import ImportReport
    from workbench.project.lineage import Lineage
    from workbench.project.lists import TargetList
    from workbench.project.opening import create_project, open_project
    from workbench.project.plans import Plan
    from workbench.project.replay import ReplayReport, replay_contacts
    from workbench.project.review import Evaluation
    from workbench.project.segmentation import Segmentation

__all__ = [
    "Cycle",
    "Evaluation",
    "ImportReport",
    "Lineage",
    "OutcomeReport",
    "Plan",
    "Project",
    "ReplayReport",
    "Segmentation",
    "TargetList",
    "create_project",
    "find_case",
    "open_case",
    "open_copy",
    "open_project",
    "replay_contacts",
]

_HOME = {
    "Cycle": "cycles",
    "Evaluation": "review",
    "ImportReport": "imports",
    "Lineage": "lineage",
    "OutcomeReport": "execution",
    "Plan": "plans",
    "Project": "handle",
    "ReplayReport": "replay",
    "Segmentation": "segmentation",
    "TargetList": "lists",
    "create_project": "opening",
    "find_case": "cases",
    "open_case": "cases",
    "open_copy": "cases",
    "open_project": "opening",
    "replay_contacts": "replay",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"workbench.project.{_HOME[name]}"), name)
    raise AttributeError(f"module 'workbench.project' has no attribute {name!r}")
