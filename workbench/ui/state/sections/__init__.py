"""Pages of a stage's screen beside its overview: each with its own state, read when first opened."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from workbench.ui.state.sections.base import SectionState

INSIGHT: dict[str, str] = {
    "portrait": "PortraitState",
    "links": "LinksState",
    "value": "ValueState",
    "rules": "RulesState",
    "clusters": "ClustersState",
    "versions": "VersionsState",
    "room": "RoomState",
}
"""Section of the insight screen → its state's class, in the order of the tabs.

The module of that name stands in this package; its view, ``<Class minus State>Section``,
in `workbench.ui.screens.sections`.
"""

STRATEGY: dict[str, str] = {
    "objectives": "ObjectivesState",
    "cards": "CardsState",
    "models": "ModelsState",
    "scores": "ScoresState",
    "lists": "ListsState",
    "capacity": "CapacityState",
    "launch": "LaunchState",
    "corporate": "CorporateState",
}
"""The same of the strategy screen."""

EXECUTION: dict[str, str] = {
    "desk": "DeskState",
    "scripts": "ScriptsState",
    "pace": "PaceState",
    "supply": "SupplyState",
    "referrals": "ReferralsState",
    "pipeline": "PipelineState",
    "voice": "VoiceState",
    "exchange": "ExchangeState",
}
"""The same of the execution screen."""

WORKING: tuple[str, ...] = ("desk", "exchange")
"""Sections for those who contact customers; a viewer has no such tab."""

REVIEW: dict[str, str] = {
    "evaluation": "EvaluationState",
    "targeting": "TargetingState",
    "board": "BoardState",
    "customers": "CustomersState",
    "hypotheses": "HypothesesState",
    "advice": "AdviceState",
    "cycles": "CyclesState",
}
"""The same of the review screen."""

__all__ = ["EXECUTION", "INSIGHT", "REVIEW", "STRATEGY", "WORKING", "SectionState", "state_class"]


def state_class(name: str, homes: Mapping[str, str]) -> type[SectionState]:
    """Return a section's state class; its module is imported only now."""
    found: type[SectionState] = getattr(import_module(f"{__name__}.{name}"), homes[name])
    return found
