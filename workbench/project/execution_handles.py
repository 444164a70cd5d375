"""Parts of a cycle's execution that hang on ``project.execution`` and are read when first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.project.scripts import Scripts


class ExecutionHandles:
    """What `Execution` brings beside worklist, contacts and outcomes."""

    _project: Project

    @cached_property
    def scripts(self) -> Scripts:
        """Branching scripts: versions, trials, calls, and where calls are lost."""
        from workbench.project.scripts import Scripts

        return Scripts(self._project)
