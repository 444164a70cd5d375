"""How far a cycle is, and what each page rests on."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.store import Artefact
from workbench.store.remarks import STAGES

if TYPE_CHECKING:
    from workbench.project.handle import Project

State = tuple[str, str, dict[str, Any]]


def stage_status(project: Project) -> pd.DataFrame:
    """Return the state of the four stages; see `Project.status`."""
    found = [(state, key, dict(values)) for state, key, values in _states(project)]
    # The first stage that waits for somebody is the current one.
    for i, (state, key, values) in enumerate(found):
        if state == "not_started":
            if i == 0 or found[i - 1][0] in ("done", "current", "stale"):
                found[i] = ("current", key, values)
            break
        if state == "current":
            break
    rows = [(stage, *state) for stage, state in zip(STAGES, found, strict=True)]
    return pd.DataFrame(rows, columns=["stage", "state", "detail_key", "detail_values"])


def _states(project: Project) -> list[State]:
    """Return each stage's own state; a screen asks for it with every press."""
    cycle_id = project.cycle.cycle_id
    portrait = project.store.artefacts.latest("portrait", cycle_id=cycle_id) if cycle_id else None
    # The rules lie in a file beside the state, so that they are looked at each time.
    rules_new = portrait is not None and project.insight.portraits.are_rules_new(portrait)

    def ask() -> list[State]:
        facts = _Facts(project)
        return [facts.insight(rules_new), facts.strategy(), facts.execution(), facts.review()]

    return project.store.database.remember(("status", cycle_id, rules_new), ask)


class _Facts:
    """What the store says of a cycle, asked once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        cycle_id = project.cycle.cycle_id
        store = project.store
        self.newest: dict[str, Artefact] = {}
        if cycle_id:
            for artefact in store.artefacts.versions(cycle_id=cycle_id):
                known = self.newest.get(artefact.kind)
                if known is None or artefact.version > known.version:
                    self.newest[artefact.kind] = artefact

    @cached_property
    def lists(self) -> list[dict[str, Any]]:
        """The cycle's lists."""
        cycle_id = self.project.cycle.cycle_id
        return self.project.store.lists.rows(cycle_id) if cycle_id else []

    @cached_property
    def counts(self) -> dict[str, Any]:
        """How many contacts and outcomes these have."""
        return self.project.store.results.counts([row["list_id"] for row in self.lists])

    def insight(self, rules_new: bool) -> State:
        """Return the state of the segmentation."""
        imports = self.project.imports
        segmentation, portrait = self.newest.get("segmentation"), self.newest.get("portrait")
        if segmentation is None:
            if not imports.sources():
                return "not_started", "project.status.no_files", {}
            return "not_started", "project.status.no_segmentation", {}
        if portrait is not None:
            if imports.is_stale(portrait):
                return "stale", "project.status.stale_import", {"version": segmentation.version}
            if rules_new:
                return "stale", "project.status.stale_rules", {"version": segmentation.version}
            if portrait.created_at > segmentation.created_at:
                return "stale", "project.status.stale_portrait", {"version": segmentation.version}
        return "done", "project.status.segmentation", {"version": segmentation.version}

    def strategy(self) -> State:
        """Return the state of the plan and the lists."""
        segmentation, plan = self.newest.get("segmentation"), self.newest.get("scores")
        used = plan.summary.get("segmentation") if plan else None
        if self.lists:
            newest = self.newest["target_list"]
            used = newest.summary.get("segmentation") or used
        if plan is None and not self.lists:
            return "not_started", "project.status.no_plan", {}
        if segmentation is not None and used is not None and used < segmentation.version:
            return (
                "stale",
                "project.status.stale_segmentation",
                {"used": used, "approved": segmentation.version},
            )
        if not self.lists:
            return "current", "project.status.no_lists", {"version": plan.version if plan else 0}
        used_plan = self.newest["target_list"].summary.get("plan")
        if plan is not None and used_plan is not None and used_plan < plan.version:
            return "stale", "project.status.stale_plan", {"used": used_plan, "approved": plan.version}
        return "done", "project.status.lists", {"n": len(self.lists)}

    def execution(self) -> State:
        """Return the state of contacts and outcomes."""
        if not self.lists:
            return "not_started", "project.status.nothing_launched", {}
        counts = self.counts
        to_reach = sum(row["n"] - row["n_control"] for row in self.lists)
        values = {"contacts": f"{counts['contacts']:,}", "outcomes": f"{counts['outcomes']:,}"}
        if not counts["contacts"] and not counts["outcomes"]:
            return "not_started", "project.status.no_contacts", {"n": f"{to_reach:,}"}
        evaluation = self.newest.get("evaluation")
        if evaluation is not None or counts["contacts"] >= to_reach:
            return "done", "project.status.contacts", values
        return "current", "project.status.contacts", values

    def review(self) -> State:
        """Return the state of the evaluation and its recommendations."""
        evaluation = self.newest.get("evaluation")
        if evaluation is None:
            return "not_started", "project.status.no_evaluation", {}
        counts = self.counts
        if (
            counts["contacts"] != evaluation.summary["contacts"]
            or counts["outcomes"] != evaluation.summary["outcomes"]
            or len(self.lists) != evaluation.summary["lists"]
        ):
            return "stale", "project.status.stale_evaluation", {"version": evaluation.version}
        recommendations = self.project.store.decisions.frame(self.project.cycle.cycle_id)
        undecided = int(recommendations["status"].eq("open").sum())
        if recommendations.empty:
            return "current", "project.status.no_recommendations", {"version": evaluation.version}
        if undecided:
            return "current", "project.status.undecided", {"n": undecided}
        return "done", "project.status.decided", {"n": len(recommendations)}


_KINDS = {
    "insight": ("portrait", "segmentation"),
    "strategy": ("segmentation", "scores", "target_list"),
    "execution": ("scores", "target_list", "outcomes"),
    "review": ("target_list", "evaluation"),
}
# A page's footer calls these by shorter names.
_SHOWN = {"scores": "plan", "target_list": "list"}


def stage_footer(project: Project, stage: str) -> dict[str, Any]:
    """Return what a stage's page rests on; see `Project.footer`."""
    newest = _Facts(project).newest
    versions = {
        _SHOWN.get(kind, kind): newest[kind].version
        for kind in _KINDS[stage]
        if kind in newest and kind not in ("target_list", "outcomes")
    }
    made = [newest[kind] for kind in _KINDS[stage] if kind in newest]
    last = made[-1] if made else None
    counted = newest.get("segmentation") if stage in ("insight", "strategy") else None
    return {
        "data_date": project.cycle.snapshot_date,
        "n": counted.summary["n"] if counted else _listed(project) or None,
        "versions": versions,
        "computed_at": last.created_at if last else None,
        "computed_by": last.created_by if last else None,
        "sha256": last.sha256 if last else None,
    }


def _listed(project: Project) -> int:
    cycle_id = project.cycle.cycle_id
    return sum(row["n"] for row in project.store.lists.rows(cycle_id)) if cycle_id else 0
