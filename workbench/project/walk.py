"""Walk one cycle unattended, with default decisions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.project.handle import Project


def walk(project: Project, bank_folder: str | os.PathLike[str] | None = None, **options: Any) -> Project:
    """Walk one cycle unattended with default decisions."""
    raise NotImplementedError
