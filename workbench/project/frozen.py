"""A selection as it waits: frozen, compared with what it was made from, and read again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import Damaged, ParameterProblem
from workbench.project.cards import card_rows
from workbench.store.content import canonical_json, hash_text
from workbench.tables import TARGETS

if TYPE_CHECKING:
    from workbench.project.handle import Project

MADE_FROM = ("plan", "segmentation", "cards")
MESSAGE_PREFIXES = ("strategy_launch.error.stale_",)


@dataclass(frozen=True, eq=False)
class FrozenSelection:
    """A selection as it waits for its approval.

    Parameters
    ----------
    targets : pandas.DataFrame
        A `workbench.tables.TARGETS`.
    funnel : pandas.DataFrame
        The gates.
    sha256 : str
        Hash of the targets, see `workbench.strategy.hash_targets`.
    random_state : int
        Seed of the control group.
    dropped : pandas.DataFrame
        customer_id, strategy_id, gate.
    parameters : dict
        How it was cut.
    """

    targets: pd.DataFrame
    funnel: pd.DataFrame
    sha256: str
    random_state: int
    dropped: pd.DataFrame = field(repr=False)
    parameters: dict[str, Any]


def read_frozen(project: Project, request_id: int) -> FrozenSelection:
    """Return the selection that a request is about; see `LaunchControl.requested_selection`."""
    from workbench.strategy import hash_targets

    row = project.store.approvals.find(request_id)
    artefact = project.store.artefacts.find(row["artefact_id"])
    read = project.store.artefacts.read
    targets = TARGETS.check(read(artefact, "targets"))
    if hash_targets(targets) != row["sha256"]:
        raise Damaged("strategy_launch.error.other_hash", request=request_id)
    return FrozenSelection(
        targets=targets,
        funnel=read(artefact, "funnel"),
        sha256=row["sha256"],
        random_state=int(row["seed"] or 0),
        dropped=read(artefact, "dropped"),
        parameters=artefact.summary["parameters"],
    )


def made_from(project: Project, cards: pd.DataFrame, strategies: set[str]) -> dict[str, Any]:
    """Return what a selection of some strategies rests on now, as a request remembers it."""
    plan, segmentation = project.strategy.artefact(), project.insight.artefact()
    rows = sorted(
        (row for row in card_rows(cards) if row["strategy_id"] in strategies),
        key=lambda row: row["strategy_id"],
    )
    return {
        "plan": plan.version if plan else None,
        "segmentation": segmentation.version if segmentation else None,
        "cards": hash_text(canonical_json([{k: str(v) for k, v in row.items()} for row in rows])),
        "strategies": sorted(strategies),
    }


def changed_since(project: Project, row: dict[str, Any]) -> list[str]:
    """Return what has changed since a request was made: plan, segmentation, cards."""
    then = project.store.artefacts.find(row["artefact_id"]).summary
    now = made_from(project, project.strategy.cards(), set(then["strategies"]))
    return [name for name in MADE_FROM if now[name] != then[name]]


def refuse_stale(project: Project, row: dict[str, Any]) -> None:
    """Refuse a request that something was changed under.

    Raises
    ------
    ParameterProblem
        If the plan, the segmentation or a card is another one now.
    """
    changed = changed_since(project, row)
    if changed:
        raise ParameterProblem(f"strategy_launch.error.stale_{changed[0]}", request=row["request_id"])
