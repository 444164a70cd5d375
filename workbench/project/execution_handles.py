"""Parts of a cycle's execution that hang on ``project.execution`` and are read when first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.project.handle import Project


class ExecutionHandles:
    """What `Execution` brings beside worklist, contacts and outcomes."""

    _project: Project
