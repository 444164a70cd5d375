"""Dashboards in a browser: one standalone server, one role, nothing leaves the machine."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.publish.launch import Dashboards
    from workbench.publish.request import query

__all__ = ["Dashboards", "query"]

_HOME = {"Dashboards": "launch", "query": "request"}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"workbench.publish.{_HOME[name]}"), name)
    raise AttributeError(f"module 'workbench.publish' has no attribute {name!r}")
