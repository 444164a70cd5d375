"""Lists of one cycle as they would be cut: the gates' rules, the preview, and why for one customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem, WorkbenchError
from workbench.project.planning import contacts_so_far

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.project.handle import Project
    from workbench.store import Artefact
    from workbench.strategy import ContactPolicy
    from workbench.strategy.allocation import Limits
    from workbench.strategy.suitability import SuitabilityRule

POLICY_FILE, SUITABILITY_FILE = "contact_policy.toml", "suitability.toml"
_PREVIEW = ("preview", "preview_funnel", "preview_used")
Capacity = Mapping[str, int] | int | None


@dataclass(frozen=True)
class Preview:
    """What a plan would list without a limit, as it was stored when the plan was approved.

    Parameters
    ----------
    targets : pandas.DataFrame
        Who would be listed, priced by `workbench.strategy.price_targets`.
    funnel, used : pandas.DataFrame
        As in `workbench.strategy.Selection`.
    out_of_date : tuple of str
        Strategies that were left out because their offer had ended.
    problem : WorkbenchError or None
        Why nothing could be cut.
    """

    targets: pd.DataFrame
    funnel: pd.DataFrame
    used: pd.DataFrame
    out_of_date: tuple[str, ...] = ()
    problem: WorkbenchError | None = field(default=None, compare=False)


class ListCutting:
    """How lists are cut from a plan; `workbench.project.strategy.Strategy` builds on it."""

    _project: Project

    def select(
        self,
        capacity: Capacity = None,
        *,
        limits: Limits | None = None,
        control_share: float | None = None,
        random_state: int = 0,
        smallest: int = 1,
    ) -> Any:
        """Cut the lists of the newest plan; nothing is stored before `launch`.

        Parameters
        ----------
        capacity, limits, control_share, random_state
            As in `workbench.select_targets`.
        smallest : int, default=1
            A strategy that would have fewer customers is left out.

        Returns
        -------
        Selection

        Raises
        ------
        NotFound
            If there is no plan.
        ParameterProblem
            If an offer is out of date, or limits clash.
        """
        project = self._project
        strategy = project.strategy
        plan, scores, cards = strategy.plan(), strategy.scores(), strategy.cards()
        members = project.insight.segmentation(plan.segmentation_version).membership
        cards = cards[cards["strategy_id"].isin(set(scores["strategy_id"]))]
        asked = {"control_share": control_share, "random_state": random_state, "limits": limits}
        cut = Cutter(project, scores, cards, members)
        selection = cut(cards, capacity, **asked)
        listed = cards["strategy_id"].map(selection.targets["strategy_id"].value_counts()).fillna(0)
        # Customers of a list too small to show anything go to another strategy's.
        large = cards[(listed >= smallest) | (listed == 0)]
        return selection if len(large) == len(cards) else cut(large, capacity, **asked)

    def why(self, customer_id: str, lang: str = "en") -> pd.DataFrame:
        """Return for one customer which list they are on, or at which gate they went out and why.

        Parameters
        ----------
        customer_id : str
            The customer.
        lang : str, default="en"
            Language of the reasons.

        Returns
        -------
        pandas.DataFrame
            As `workbench.strategy.why` returns it, of the launched lists, else of the lists
            that the newest plan gives without a limit.

        Raises
        ------
        NotFound
            If there is no plan, or no such customer.
        """
        from workbench.strategy import why

        return why(self.explained(), customer_id, lang)

    def explained(self) -> Any:
        """Return the selection that `why` reads: cut once, again only when plan or lists change."""
        strategy = self._project.strategy
        lists, plan = strategy.lists(), strategy.plan()
        key = (plan.artefact_id, tuple(lists["sha256"]))
        kept = self.__dict__.get("_explained")
        if kept is None or kept[0] != key:
            kept = (key, self._cut_again() if len(lists) else self.select())
            self.__dict__["_explained"] = kept
        return kept[1]

    def _cut_again(self) -> Any:
        """Return the launched lists with the reasons of everybody who is on none of them."""
        strategy, project = self._project.strategy, self._project
        version = strategy.launched_plan()
        plan, scores, cards = strategy.plan(version), strategy.scores(version), strategy.launched_cards()
        scores = scores[scores["strategy_id"].isin(set(cards["strategy_id"]))]
        members = project.insight.segmentation(plan.segmentation_version).membership
        asked = strategy.launched_parameters()
        cut = Cutter(project, scores, cards, members, as_launched=True)
        again = cut(cards, asked.get("capacity"), control_share=asked.get("control_share"))
        targets = strategy.targets().drop(columns="list_id")
        listed = pd.MultiIndex.from_frame(targets[["customer_id", "strategy_id"]])
        dropped = again.dropped
        held = pd.MultiIndex.from_frame(dropped[["customer_id", "strategy_id"]]).isin(listed)
        # Contacts that came later may leave out today who was rightly listed then.
        return replace(again, targets=targets, dropped=dropped.loc[~held], funnel=strategy.funnel())

    def launched_parameters(self) -> dict[str, Any]:
        """Return how the newest launched selection was cut; empty where nothing is launched."""
        rows = self._project.store.lists.rows(self._project.cycle.cycle_id)
        if not rows:
            return {}
        found = self._project.store.artefacts.find(rows[-1]["artefact_id"]).summary
        return dict(found.get("parameters") or {})

    def contact_policies(self) -> dict[str, ContactPolicy]:
        """Return the contact policies by name: the package's, and ``contact_policy.toml`` of the folder."""
        from workbench.strategy import read_policies

        return read_policies(own_text(self._project.folder, POLICY_FILE))

    @property
    def contact_policy(self) -> ContactPolicy:
        """The policy that cards without one of their own follow."""
        from workbench.strategy.contact_policy import STANDARD

        return self.contact_policies()[STANDARD]

    def suitability(self) -> tuple[SuitabilityRule, ...]:
        """Return the rules of suitability: ``suitability.toml`` of the folder, else the package's."""
        from workbench.strategy import read_suitability

        return read_suitability(own_text(self._project.folder, SUITABILITY_FILE))

    def preview(self, version: int | None = None) -> Preview | None:
        """Return what a plan would list, stored with it; None for plans of an earlier version.

        Raises
        ------
        NotFound
            If there is no plan.
        """
        artefact: Artefact | None = self._project.strategy.artefact(version)
        if artefact is None:
            raise NotFound("project.error.no_plan", cycle=self._project.cycle.cycle_id or "-")
        artefacts = self._project.store.artefacts
        if "preview_funnel" not in artefacts.tables(artefact):
            return None
        targets, funnel, used = (artefacts.read(artefact, name) for name in _PREVIEW)
        noted = artefact.summary.get("preview") or {}
        problem = noted.get("problem")
        return Preview(
            targets=targets,
            funnel=funnel,
            used=used,
            out_of_date=tuple(noted.get("out_of_date", ())),
            problem=None if problem is None else ParameterProblem(problem["key"], **problem["values"]),
        )


class Cutter:
    """Cuts lists by all that a project knows: contacts, policies, suitability, events.

    Parameters
    ----------
    project : Project
        The handle.
    scores, cards, membership : pandas.DataFrame
        What is cut.
    customers : pandas.DataFrame, optional
        The portrait, where it is at hand.
    as_launched : bool, default=False
        Whether the cards were launched before: they are not asked to be in date.
    planned : bool, default=True
        Whether contacts that the cycle's launched lists have planned count.
    """

    def __init__(
        self,
        project: Project,
        scores: pd.DataFrame,
        cards: pd.DataFrame,
        membership: pd.DataFrame,
        customers: pd.DataFrame | None = None,
        *,
        as_launched: bool = False,
        planned: bool = True,
    ) -> None:
        from workbench.strategy import gate_columns

        strategy = project.strategy
        self.scores, self.membership = scores, membership
        self.rules = strategy.suitability()
        if customers is None:
            there = set(project.imports.portrait_columns())
            customers = project.customers([c for c in gate_columns(cards, self.rules) if c in there])
        self.customers = _silenced(customers, project.execution.dispositions.asked_to_stop())
        self.cut_on = None if as_launched else project.cycle.snapshot_date
        self.asked: dict[str, Any] = {
            "contacts": contacts_so_far(project),
            "planned": planned_contacts(project) if planned else None,
            "policies": strategy.contact_policies(),
            "suitability": self.rules,
            "events": trigger_events(project, cards),
        }

    def __call__(self, cards: pd.DataFrame, capacity: Capacity = None, **asked: Any) -> Any:
        """Return the selection of some of the cards."""
        from workbench.strategy import select_targets

        return select_targets(
            self.scores[self.scores["strategy_id"].isin(set(cards["strategy_id"]))],
            cards,
            self.customers,
            self.membership,
            capacity=capacity,
            cut_on=self.cut_on,
            **self.asked,
            **asked,
        )


def _silenced(customers: pd.DataFrame, asked: set[str]) -> pd.DataFrame:
    """Return the customers with what some have told a caller: not to be contacted again."""
    told = customers["customer_id"].isin(asked)
    if not told.any():
        return customers
    known = (
        customers["do_not_contact"] if "do_not_contact" in customers else pd.Series(False, customers.index)
    )
    return customers.assign(do_not_contact=known.astype("boolean").mask(told, True))


def preview_of(
    project: Project, scores: pd.DataFrame, cards: pd.DataFrame, membership: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return what a plan stores of its lists: tables, and what of it goes into its summary.

    A plan can be approved before its lists can be cut: what stands in their way is kept
    in place of them.
    """
    from workbench.strategy import price_targets
    from workbench.strategy.gates import refuse_out_of_date
    from workbench.tables import TARGETS

    ended = []
    for number in range(len(cards)):
        try:
            refuse_out_of_date(cards.iloc[[number]], project.cycle.snapshot_date)
        except ParameterProblem:
            ended.append(str(cards["strategy_id"].iloc[number]))
    noted: dict[str, Any] = {"out_of_date": ended, "problem": None}
    kept = cards[~cards["strategy_id"].isin(ended) & cards["strategy_id"].isin(set(scores["strategy_id"]))]
    try:
        # Without what the plan's own lists do later: the same plan has the same preview.
        selection = Cutter(project, scores, kept, membership, planned=False)(kept)
    except WorkbenchError as problem:
        noted["problem"] = {"key": problem.key, "values": {k: str(v) for k, v in problem.values.items()}}
        funnel = pd.DataFrame({"gate": [], "n_in": [], "n_out": [], "applied": []})
        used = pd.DataFrame({"gate": [], "strategy_id": [], "detail": [], "applied": [], "n": []})
        empty = {"preview_funnel": funnel, "preview_used": used}
        return {"preview": price_targets(TARGETS.empty(), scores.iloc[:0], kept), **empty}, noted
    return {
        "preview": price_targets(selection.targets, scores, kept),
        "preview_funnel": selection.funnel,
        "preview_used": selection.used,
    }, noted


def planned_contacts(project: Project) -> pd.DataFrame | None:
    """Return whom the cycle's launched lists will contact: customer_id, strategy_id, channel, contacted_at.

    What was contacted already counts at its own moment, the others at their list's first day.
    """
    strategy = project.strategy
    rows = strategy.lists()
    if rows.empty:
        return None
    cards = strategy.launched_cards()[["strategy_id", "channel", "starts_on"]]
    planned = strategy.targets().merge(cards, on="strategy_id")
    planned = planned.loc[planned["arm"].eq("treatment").to_numpy()]
    planned = planned[["customer_id", "strategy_id", "channel", "starts_on"]]
    planned = planned.rename(columns={"starts_on": "contacted_at"})
    made = project.execution.contacts()[["customer_id", "strategy_id", "channel", "contacted_at"]]
    pairs = ["customer_id", "strategy_id"]
    waiting = ~pd.MultiIndex.from_frame(planned[pairs]).isin(pd.MultiIndex.from_frame(made[pairs]))
    return pd.concat([planned.loc[waiting], made], ignore_index=True)


def trigger_events(project: Project, cards: pd.DataFrame) -> pd.DataFrame | None:
    """Return the imported events that the cards' triggers are about; None where there are none."""
    from workbench.strategy.triggers import event_type

    asked = cards["trigger"].dropna() if "trigger" in cards else pd.Series(dtype="str")
    types = sorted({event_type(trigger.strip()) for trigger in asked if trigger.strip()})
    source = project.imports.sources().get("events")
    if not types or source is None:
        return None
    from workbench.engine import Engine

    names = ["customer_id", "event_type", "occurred_at"]
    with Engine() as engine:
        path: Path = project.store.artefacts.path(source, "events.parquet")
        table = engine.table("events", path)
        if not set(names) <= set(table.columns):
            return None
        return engine.frame(table.filter(table["event_type"].isin(types)).select(*names))


def own_text(folder: Path, name: str) -> str | None:
    """Return a bank's own file from the project's folder, or None where it has none.

    Raises
    ------
    ParameterProblem
        If the file can't be read.
    """
    path = folder / name
    if not path.is_file():
        return None
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterProblem(
            "strategy_lists.error.policy_file", name=name, detail=str(error)[:120]
        ) from error
