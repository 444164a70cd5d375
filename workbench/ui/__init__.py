"""The screens: one for each stage, and a page for brainstorm rooms, in JupyterLab and in a dashboard.

``workbench.ui.state`` is what a screen does, without a widget; the modules beside it
are what it looks like.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.ui.screens.execution import execution
    from workbench.ui.screens.insight import insight
    from workbench.ui.screens.review import review
    from workbench.ui.screens.room import room
    from workbench.ui.screens.strategy import strategy

__all__ = ["execution", "insight", "review", "room", "strategy"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(f"workbench.ui.screens.{name}"), name)
    raise AttributeError(f"module 'workbench.ui' has no attribute {name!r}")
