"""The views of the sections of a stage's screen."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.ui.screens.sections.base import Section

__all__ = ["section_class"]


def section_class(name: str, homes: Mapping[str, str]) -> type[Section]:
    """Return a section's view class; its module is imported only now."""
    view = homes[name].removesuffix("State") + "Section"
    found: type[Section] = getattr(import_module(f"{__name__}.{name}"), view)
    return found
