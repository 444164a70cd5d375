"""The analyst's handle: where the stages meet the store.

Everything a screen shows or does has its call here. Reading loads no engine and no
machine-learning library, so that a viewer's kernel stays small; rooms are imported by
the methods that need them.
"""

from workbench.project.cases import find_case, open_case
from workbench.project.cycles import Cycle
from workbench.project.execution import OutcomeReport
from workbench.project.handle import Project
from workbench.project.imports import ImportReport
from workbench.project.lineage import Lineage
from workbench.project.lists import TargetList
from workbench.project.opening import create_project, open_project
from workbench.project.plans import Plan
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
    "Segmentation",
    "TargetList",
    "create_project",
    "find_case",
    "open_case",
    "open_project",
]
