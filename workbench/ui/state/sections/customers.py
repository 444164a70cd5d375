"""The section on customers over time: who moved, what that did to the money, who was lost and won back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.errors import NotFound
from workbench.insight import flow_layout, hide_small_cells
from workbench.tables import LIFECYCLE_STAGES
from workbench.ui.state.parts import Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.customers_figures import CustomersFigures
from workbench.ui.state.sections.customers_findings import CustomersFindings

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.project.movement import Step

# Stand for no part where a table needs a name; no label can hold this character.
JOINED, LEFT = "\0joined", "\0left"
PARTS = ("segment", "lifecycle_stage")
WAYS = ("back", "on")
MEASURES = ("n", "value")
MOVED, STAYED = 0.66, 0.2
MESSAGE_PREFIXES = ("insight.lifecycle.", "review_customers.part.none_")


class CustomersState(SectionState):
    """What became of the customers between the cycle shown and its neighbour.

    Attributes
    ----------
    way : {"", "back", "on"}
        Since the cycle before or until the one after; empty is what there is.
    by : {"segment", "lifecycle_stage"}
        What customers move between.
    part : str
        The segment or stage that is looked at alone; empty is all.
    measure : {"n", "value"}
        Whether the matrix counts customers or money.
    """

    name = "customers"
    way = traitlets.Enum(("", *WAYS), default_value="")
    by = traitlets.Enum(PARTS, default_value="segment")
    part = traitlets.Unicode("")
    measure = traitlets.Enum(MEASURES, default_value="n")

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.steps: dict[str, Step] = {}
        self.shares = pd.DataFrame()
        self.is_stale = False
        self._segments: dict[str, dict[str, Any]] = {}
        self._kept: dict[tuple[Any, ...], Any] = {}
        super().__init__(screen, **traits)
        self.observe(lambda _: self.touch(), ["way", "by", "part", "measure"])

    def load(self) -> None:
        """Read what is stored of the customers' movement."""
        self._kept.clear()
        movement = self.project.review.movement
        found = {"back": movement.back(), "on": movement.on()}
        self.steps = {name: step for name, step in found.items() if step is not None}
        try:
            self.shares = movement.shares()
        except NotFound:
            self.shares = pd.DataFrame(columns=["by", "part", "n", "value"])
        self.is_stale = movement.is_stale()
        self._segments = self._read_segments()
        if self.way not in self.steps:
            self.way = ""
        if self.part not in dict(self.part_choices()):
            self.part = ""

    def _read_segments(self) -> dict[str, dict[str, Any]]:
        """Return the segments of both ends of every step by name, the newest labels first."""
        cycles = [self.project.cycle.cycle_id]
        cycles += [name for step in self.steps.values() for name in (step.before, step.after)]
        found: dict[str, dict[str, Any]] = {}
        for cycle_id in dict.fromkeys(name for name in cycles if name):
            try:
                rows = self.project.at(cycle_id).insight.segmentation().segments
            except NotFound:
                continue
            for row in rows.to_dict("records"):
                found.setdefault(str(row["segment"]), {str(name): value for name, value in row.items()})
        return found

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Compute something once for what is chosen, and the language."""
        return self._once((name, self.lang, self.by, self.part), make)

    def once_of(self, name: str, by: str, make: Callable[[], Any]) -> Any:
        """Compute something once that only depends on the step and what it is by."""
        return self._once((name, by), make)

    def _once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        step = self.step
        whole = (*key, "" if step is None else f"{step.before} {step.after}")
        if whole not in self._kept:
            self._kept[whole] = make()
        return self._kept[whole]

    # Choosing --------------------------------------------------------------------

    @property
    def step(self) -> Step | None:
        """The chosen step; by itself that since the cycle before, where the two can be compared."""
        if self.way:
            return self.steps.get(self.way)
        good = [step for name in WAYS if (step := self.steps.get(name)) is not None and step.problem is None]
        return good[0] if good else None

    def choose_way(self, way: str) -> None:
        """Look back to the cycle before, or on to the one after."""
        if way in self.steps and self.steps[way].problem is None:
            self.way = way

    def choose_by(self, by: str) -> None:
        """Follow customers between segments, or between stages."""
        if by in PARTS:
            self.part = ""
            self.by = by

    def choose_part(self, part: str) -> None:
        """Look at one segment or stage alone, or at all."""
        if part in dict(self.part_choices()):
            self.part = part

    def choose_measure(self, measure: str) -> None:
        """Count customers, or money."""
        if measure in MEASURES:
            self.measure = measure

    def ways(self) -> list[tuple[str, str]]:
        """Return the steps that there are as (value, shown)."""
        return [
            (
                name,
                self.t(
                    "review_customers.way.back" if name == "back" else "review_customers.way.on",
                    cycle=step.before if name == "back" else step.after,
                ),
            )
            for name, step in self.steps.items()
            if step.problem is None
        ]

    def part_choices(self) -> list[tuple[str, str]]:
        """Return the parts as (value, shown), "all" first."""
        names = [part for part in (*self.order("before"), *self.order("after")) if part not in (JOINED, LEFT)]
        known = list(dict.fromkeys(names))
        return [
            ("", self.t("review_customers.filter.all", n=len(known))),
            *((p, self.shown(p)) for p in known if p),
        ]

    # Names -----------------------------------------------------------------------

    def shown(self, part: str) -> str:
        """Return how this language calls a segment or a stage."""
        if part == JOINED:
            return self.t("review_customers.part.joined")
        if part == LEFT:
            return self.t("review_customers.part.left")
        if part == "":
            return self.t(f"review_customers.part.none_{self.by}")
        if self.by == "lifecycle_stage":
            return self.t(f"insight.lifecycle.{part}") if part in LIFECYCLE_STAGES else part
        row = self._segments.get(part, {})
        return str(row.get("segment_zh") or part) if self.lang == "zh_CN" else part

    def slot(self, part: str) -> int:
        """Return a segment's colour slot; stages and who has no segment are grey."""
        return int(self._segments.get(part, {}).get("slot", 0)) if self.by == "segment" else 0

    # Cells -----------------------------------------------------------------------

    @property
    def minimum(self) -> int:
        """The smallest count that this reader may see."""
        return 1 if self.may("analyst") else self.project.small_cell

    def cells(self) -> pd.DataFrame:
        """Return the matrix with totals: before, after, n, value_before, value_after, hidden."""
        return self._cells_of(self.by)

    def _cells_of(self, by: str) -> pd.DataFrame:
        return self.once_of("cells", by, lambda: self._hidden(by))

    def _hidden(self, by: str) -> pd.DataFrame:
        step = self.step
        assert step is not None
        matrix = step.matrix(by)
        counts = pd.DataFrame(
            {
                "before": matrix["from"].astype("object").where(matrix["from"].notna(), JOINED),
                "after": matrix["to"].astype("object").where(matrix["to"].notna(), LEFT),
                "n": matrix["n"],
                "value_before": matrix["value_before"].astype("float64"),
                "value_after": matrix["value_after"].astype("float64"),
            }
        )
        return hide_small_cells(counts, self.minimum, by=("before", "after"), totals=True)

    def withheld(self) -> bool:
        """Say whether the stages' matrix must not stand beside that of the segments.

        Both share who joined and who left. What one of them hides, the other would give
        away.
        """
        if self.by == "segment" or self.may("analyst") or self.step is None:
            return False
        return self.once_of("withheld", "", self._is_withheld)

    def _is_withheld(self) -> bool:
        both = [self._cells_of(by) for by in PARTS]
        hidden = []
        for cells in both:
            ends = [cells["before"].eq(JOINED) & cells["after"].isna()]
            ends += [cells["after"].eq(LEFT) & cells["before"].isna()]
            hidden.append([bool(cells.loc[end, "hidden"].any()) for end in ends])
        return hidden[0] != hidden[1]

    def cell(self, before: str | None, after: str | None) -> dict[str, Any] | None:
        """Return a cell's or a total's figures, zeros where nobody is, or None where they are hidden."""
        found = self.once_of("lookup", self.by, self._lookup)
        return found.get((before, after), {"n": 0, "value_before": 0.0, "value_after": 0.0})

    def _lookup(self) -> dict[tuple[str | None, str | None], dict[str, Any] | None]:
        found: dict[tuple[str | None, str | None], dict[str, Any] | None] = {}
        for row in self.cells().to_dict("records"):
            key = tuple(None if pd.isna(row[side]) else row[side] for side in ("before", "after"))
            figures = {name: row[name] for name in ("n", "value_before", "value_after")}
            found[key[0], key[1]] = None if row["hidden"] else {**figures, "n": int(row["n"])}
        return found

    def order(self, side: str) -> list[str]:
        """Return the parts of a side: stages in their order, segments by size, who came or went last."""
        if self.step is None:
            return []
        return self.once_of(f"order-{side}", self.by, lambda: self._order(side))

    def _order(self, side: str) -> list[str]:
        step = self.step
        assert step is not None
        matrix = step.matrix(self.by)
        # Both sides by the size before, so that who stays flows straight across.
        sizes = matrix.groupby("from")["n"].sum().sort_values(ascending=False, kind="stable")
        names = [*sizes.index, *(to for to in matrix["to"].dropna().unique() if to not in sizes.index)]
        if self.by == "lifecycle_stage":
            places = {stage: i for i, stage in enumerate(LIFECYCLE_STAGES)}
            names.sort(key=lambda name: places.get(name, len(places)))
        there = set(matrix["from" if side == "before" else "to"].dropna())
        kept = [name for name in names if name in there]
        if side == "before" and matrix["from"].isna().any():
            kept.append(JOINED)
        if side == "after" and matrix["to"].isna().any():
            kept.append(LEFT)
        return kept

    # The flow --------------------------------------------------------------------

    def flow(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return nodes and ribbons of the flow chart, hidden flows left out."""
        return self.once("flow", self._flow)

    def flow_height(self) -> int:
        """Return the flow chart's height in pixels: enough for every name."""
        return max(380, 50 * max(len(self.order("before")), len(self.order("after")), 1))

    def _flow(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        cells = self.cells().dropna(subset=["before", "after"])
        sides = []
        for side in ("before", "after"):
            rows = []
            for name in self.order(side):
                whole = self.cell(name, None) if side == "before" else self.cell(None, name)
                if whole is not None:
                    rows.append({"node": name, "n": whole["n"]})
            sides.append(pd.DataFrame(rows, columns=["node", "n"]).astype({"n": "int64"}))
        shown = cells[["before", "after", "n"]]
        nodes, ribbons = flow_layout(shown, *sides, label_gap=30 / self.flow_height())
        nodes = nodes.assign(
            label=[self.shown(str(name)) for name in nodes["node"]],
            note=[locale.count(n, self.lang) for n in nodes["n"]],
            slot=[self.slot(str(name)) for name in nodes["node"]],
        )
        stays = ribbons["before"].eq(ribbons["after"])
        emphasis = stays.map({True: STAYED, False: MOVED}).astype("float64")
        if self.part:
            mine = ribbons["before"].eq(self.part) | ribbons["after"].eq(self.part)
            emphasis = emphasis.where(mine, 0.06)
        ribbons = ribbons.assign(
            **{
                "from": ribbons["before"].map({name: self.shown(name) for name in self.order("before")}),
                "to": ribbons["after"].map({name: self.shown(name) for name in self.order("after")}),
            },
            slot=ribbons["before"].map({name: self.slot(name) for name in self.order("before")}),
            emphasis=emphasis,
            shown=ribbons["n"].map("{:,}".format),
        )
        return nodes, ribbons

    # Sentences -------------------------------------------------------------------

    @property
    def figures(self) -> CustomersFigures:
        """The tables behind the charts."""
        return CustomersFigures(self)

    @property
    def findings(self) -> CustomersFindings:
        """The sentences made of these tables."""
        return CustomersFindings(self)

    def heading(self) -> Heading:
        """Return how many moved and were lost, or what is missing to say so."""
        return self.findings.heading()

    def notes(self) -> list[str]:
        """Return what every reader of the figures has to know."""
        known = [] if self.step is None else self.step.caveats
        stale: list[tuple[str, dict[str, Any]]] = []
        if self.is_stale:
            stale = [("review_customers.caveat.stale", {})]
        return [self.t(key, **values) for key, values in (*stale, *known)]

    def kpis(self) -> list[Kpi]:
        """Return customers, moved, churn, win-back, balances and the stability of the shares."""
        return [] if self.step is None else self.findings.kpis()

    def hint(self, what: str) -> str:
        """Return the Python that reads what is shown."""
        way = "on" if self.step is not None and self.step is self.steps.get("on") else "back"
        return f'project.review.movement.{way}().{what}("{self.by}")'
