"""What the plan may use, and what the best use of it is: limits and allocations of one cycle."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem, WorkbenchError
from workbench.store import Artefact

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.strategy.allocation import Allocation, Frontier, Limits

KIND = "allocation"
LIMITS = "limits"
SUGGESTED_TIME, SUGGESTED_MONEY = 0.6, 0.9
"""Shares of what unlimited lists would use, suggested where nobody has set limits."""
_TABLES = ("limits", "by_strategy", "points", "parts", "greedy", "held")


@dataclass(frozen=True)
class StoredAllocation:
    """The allocation of a plan as everybody may read it: no customers, only sums.

    Parameters
    ----------
    version : int
        Its number in the project.
    plan_version : int
        The plan whose scores were allocated.
    limits : pandas.DataFrame
        ``limit, amount, used, share_used, price, binds``, as `Allocation.shadow_prices`.
    by_strategy : pandas.DataFrame
        ``strategy_id, channel, customers, minutes, cost, value``.
    frontier : Frontier
        What other limits would be worth.
    settings : dict
        ``limits`` (as `Limits.to_dict`), ``suggested`` (nobody has set them), ``channels``,
        ``per_customer``.
    summary : dict
        ``value, bound, gap, is_optimal, greedy_value, greedy_gap, n, customers``.
    computed_at : datetime.datetime
        UTC.
    artefact_id, sha256 : str
        Where it is stored, and the hash of the content.
    """

    version: int
    plan_version: int
    limits: pd.DataFrame = field(repr=False)
    by_strategy: pd.DataFrame = field(repr=False)
    frontier: Frontier = field(repr=False)
    settings: dict[str, Any]
    summary: dict[str, Any]
    computed_at: dt.datetime
    artefact_id: str
    sha256: str = field(repr=False)


class PlanCapacity:
    """Limits and allocations of one cycle, at ``project.strategy.capacity``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._artefacts = project.store.artefacts

    # Limits ----------------------------------------------------------------------

    def limits(self) -> Limits | None:
        """Return the limits that were saved last in this cycle, or None."""
        from workbench.strategy.allocation import Limits

        artefact = self._saved()
        return None if artefact is None else Limits(**self._artefacts.document(artefact, "limits"))

    def save_limits(self, limits: Limits, note: str = "") -> int:
        """Keep limits for the cycle's plan; return their version. Earlier ones stay readable.

        Parameters
        ----------
        limits : Limits
            What may be used.
        note : str, default=""
            Why, or the scenario's name.

        Raises
        ------
        NotAllowed
            If the role may not write.
        """
        artefact = self._artefacts.save(
            LIMITS,
            {},
            cycle_id=self._project.need_cycle().cycle_id,
            documents={"limits": limits.to_dict()},
            summary={"note": note[:200], "limits": limits.amounts()},
        )
        return artefact.version

    def scenarios(self) -> pd.DataFrame:
        """Return the limits that were saved in this cycle: version, note, limits, saved_at, saved_by."""
        rows = self._artefacts.versions(LIMITS, self._project.need_cycle().cycle_id)
        return pd.DataFrame(
            [(a.version, a.summary["note"], a.summary["limits"], a.created_at, a.created_by) for a in rows],
            columns=["version", "note", "limits", "saved_at", "saved_by"],
        )

    def _saved(self) -> Artefact | None:
        cycle_id = self._project.cycle.cycle_id
        return self._artefacts.latest(LIMITS, cycle_id) if cycle_id else None

    def suggest_limits(self, options: pd.DataFrame) -> Limits:
        """Return limits to begin with: 60% of the agent time and 90% of the money that would be used.

        Budgets and quotas of the cards are among them.
        """
        from workbench.strategy.allocation import Limits, allocate

        cards = self._project.strategy.cards()
        named: dict[str, Any] = {
            name: _by_strategy(cards, column, options) for name, column in _CARD_LIMITS.items()
        }
        free = allocate(options, Limits(**named)).by_strategy
        return Limits(
            agent_minutes=60.0 * _round_amount(SUGGESTED_TIME * float(free["minutes"].sum()) / 60),
            budget=_round_amount(SUGGESTED_MONEY * float(free["cost"].sum())),
            **named,
        )

    # Options and allocation ------------------------------------------------------

    def options(self, channels: Any = "first") -> pd.DataFrame:
        """Return what each customer may get who passes the plan's gates; see `build_options`.

        Raises
        ------
        NotFound
            If there is no plan.
        """
        from workbench.project.cutting import Cutter
        from workbench.strategy.allocation import build_options
        from workbench.strategy.gates import refuse_out_of_date

        strategy = self._project.strategy
        plan, scores, cards = strategy.plan(), strategy.scores(), strategy.cards()
        cards = cards[cards["strategy_id"].isin(set(scores["strategy_id"]))].reset_index(drop=True)
        in_date = []
        for number in range(len(cards)):
            try:
                refuse_out_of_date(cards.iloc[[number]], self._project.cycle.snapshot_date)
            except ParameterProblem:
                continue
            in_date.append(number)
        cards = cards.iloc[in_date]
        members = self._project.insight.segmentation(plan.segmentation_version).membership
        selection = Cutter(self._project, scores, cards, members, planned=False)(cards)
        pairs = ["customer_id", "strategy_id"]
        late = selection.dropped["gate"].isin(["one_list", "capacity"]).to_numpy()
        passed = pd.concat([selection.targets[pairs], selection.dropped.loc[late, pairs]], ignore_index=True)
        return build_options(passed.drop_duplicates(), scores, cards, channels=channels)

    def allocate(
        self,
        limits: Limits | None = None,
        *,
        per_customer: int = 1,
        channels: Any = "first",
        options: pd.DataFrame | None = None,
    ) -> Allocation:
        """Return the best use of limits for the newest plan; nothing is stored.

        Parameters
        ----------
        limits : Limits, optional
            Default: the saved ones, else those suggested.
        per_customer : int, default=1
            As in `workbench.allocate`.
        channels : {"first", "all"}, default="first"
            Whether a card's further channels are options too. Launched lists carry the
            first.
        options : pandas.DataFrame, optional
            From `options`, where they are at hand.

        Raises
        ------
        NotFound
            If there is no plan.
        ParameterProblem
            If limits clash.
        """
        from workbench.strategy.allocation import allocate

        options = self.options(channels) if options is None else options
        return allocate(options, limits or self._in_force(options)[0], per_customer=per_customer)

    def compute(
        self,
        limits: Limits | None = None,
        *,
        per_customer: int = 1,
        channels: Any = "first",
        progress: Callable[[float, str], None] | None = None,
    ) -> StoredAllocation:
        """Allocate, trace what other limits would be worth, and store both.

        Parameters
        ----------
        limits, per_customer, channels
            As in `allocate`.
        progress : callable, optional
            Called with the share done and the key of the phase's name.

        Returns
        -------
        StoredAllocation

        Raises
        ------
        NotFound
            If there is no plan.
        ParameterProblem
            If limits clash.
        """
        from workbench.strategy.allocation import build_frontier

        self._project.store.trail.require("analyst")
        tell = progress or (lambda _share, _phase: None)
        tell(0.02, "strategy_capacity.phase.options")
        plan = self._project.strategy.plan()
        options = self.options(channels)
        tell(0.4, "strategy_capacity.phase.allocate")
        saved, suggested = self._in_force(options)
        limits, suggested = (saved, suggested) if limits is None else (limits, False)
        found = self.allocate(limits, per_customer=per_customer, options=options)
        tell(0.55, "strategy_capacity.phase.frontier")
        frontier = build_frontier(
            options,
            limits,
            per_customer=per_customer,
            progress=lambda share: tell(0.55 + 0.44 * share, "strategy_capacity.phase.frontier"),
        )
        settings = {
            "limits": limits.to_dict(),
            "suggested": suggested,
            "channels": channels,
            "per_customer": per_customer,
            "plan": plan.artefact_id,
        }
        artefact = self._artefacts.save(
            KIND,
            {
                "limits": found.shadow_prices,
                "by_strategy": found.by_strategy,
                "points": frontier.points,
                "parts": frontier.parts,
                "greedy": frontier.greedy,
                "held": frontier.held,
            },
            cycle_id=self._project.need_cycle().cycle_id,
            documents={"settings": settings},
            inputs=[plan.artefact_id, *([s.artefact_id] if (s := self._saved()) else [])],
            parameters=settings,
            summary={
                "value": found.value,
                "bound": found.bound,
                "gap": found.gap,
                "is_optimal": found.is_optimal,
                "greedy_value": found.greedy_value,
                "greedy_gap": found.greedy_gap,
                "n": found.n,
                "customers": int(found.chosen["customer_id"].nunique()),
                "plan": plan.version,
            },
        )
        tell(1.0, "strategy_capacity.phase.frontier")
        return self._read(artefact)

    def fill(self) -> StoredAllocation | None:
        """Compute with what goes without saying; None where the plan does not allow it."""
        try:
            return self.compute()
        except WorkbenchError:
            return None

    def _in_force(self, options: pd.DataFrame) -> tuple[Limits, bool]:
        saved = self.limits()
        return (self.suggest_limits(options), True) if saved is None else (saved, False)

    # Reading ---------------------------------------------------------------------

    def current(self) -> StoredAllocation:
        """Return the newest allocation that was stored in this cycle.

        Raises
        ------
        NotFound
            If none was.
        """
        cycle = self._project.need_cycle().cycle_id
        artefact = self._artefacts.latest(KIND, cycle)
        if artefact is None:
            raise NotFound("strategy_capacity.error.nothing", cycle=cycle)
        return self._read(artefact)

    def is_stale(self, allocation: StoredAllocation) -> bool:
        """Say whether the plan is newer than an allocation."""
        plan = self._project.strategy.artefact()
        return plan is not None and plan.artefact_id != allocation.settings["plan"]

    def _read(self, artefact: Artefact) -> StoredAllocation:
        from workbench.strategy.allocation import Frontier

        tables = {name: self._artefacts.read(artefact, name) for name in _TABLES}
        return StoredAllocation(
            version=artefact.version,
            plan_version=artefact.summary["plan"],
            limits=tables["limits"],
            by_strategy=tables["by_strategy"],
            frontier=Frontier(*(tables[name] for name in ("points", "parts", "greedy", "held"))),
            settings=self._artefacts.document(artefact, "settings"),
            summary=artefact.summary,
            computed_at=artefact.created_at,
            artefact_id=artefact.artefact_id,
            sha256=artefact.sha256,
        )


_CARD_LIMITS = {"strategy_budget": "budget", "quota": "quota"}


def _by_strategy(cards: pd.DataFrame, column: str, options: pd.DataFrame) -> dict[str, float]:
    """Return what the cards themselves limit, of strategies that are options at all."""
    if column not in cards:
        return {}
    known = cards[cards[column].notna() & cards["strategy_id"].isin(set(options["strategy_id"]))]
    return {str(s): float(x) for s, x in zip(known["strategy_id"], known[column], strict=True)}


def _round_amount(amount: float) -> float:
    """Return two digits of an amount, the rest rounded up."""
    if amount <= 0:
        return 0.0
    size = 10.0 ** (math.floor(math.log10(amount)) - 1)
    return math.ceil(round(amount / size, 6)) * size
