"""The section on customer value: RFM, the next months' value, and whether the model suits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import NotFound, ParameterProblem
from workbench.insight import hide_small_cells, summarise_value, value_deciles
from workbench.insight.value.rfm import rfm_grid
from workbench.ui.state.parts import Banner, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.value_findings import ValueFindings

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.project.valuation import CustomerValue
    from workbench.ui.state.jobs import Report

PERIODS = ("day", "week", "month")
MODELS = ("bgnbd", "pareto_nbd")
DEFAULTS = {"period": "day", "model": "bgnbd", "discount": "1", "margin": "100"}
MESSAGE_PREFIXES = ("insight_value.period.", "insight_value.model.")


class ValueState(SectionState):
    """What customers are worth, as stored for the cycle shown."""

    name = "value"

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.value: CustomerValue | None = None
        self.types: list[str] | None = None
        self.stale = self.possible = False
        self._kept: dict[str, Any] = {}
        super().__init__(screen, **traits)

    def load(self) -> None:
        """Read the cycle's newest value."""
        self._kept.clear()
        self.value, self.stale, self.types = None, False, None
        self.possible = False
        if not self.project.cycle.cycle_id:
            return
        valuation = self.project.insight.value
        self.possible = valuation.can_compute()
        try:
            self.value = valuation.current()
        except NotFound:
            return
        self.stale = valuation.is_stale(self.value)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Compute a table once for the language and the segmentation in force."""
        key = f"{self.lang}:{name}"
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    @property
    def found(self) -> CustomerValue:
        """The stored value, where there is one."""
        assert self.value is not None
        return self.value

    @property
    def has_model(self) -> bool:
        """Whether there is a value with a model."""
        return self.value is not None and self.value.has_model

    # Figures ---------------------------------------------------------------------

    def check(self, name: str) -> Any:
        """Return a check's row."""
        rows = self.found.checks
        return rows[rows["check"] == name].iloc[0]

    def grid(self) -> pd.DataFrame:
        """Return customers by recency and frequency score, small cells hidden."""
        return self.once("grid", self._grid)

    def _grid(self) -> pd.DataFrame:
        counts = rfm_grid(self.found.customers)
        return hide_small_cells(
            counts, minimum=self.project.small_cell, by=("r_score", "f_score"), totals=True
        )

    def grid_rows(self) -> tuple[list[int], list[dict[str, Any]]]:
        """Return the frequency scores, and a row of cells for each recency score and the total."""
        table = self.grid()
        columns = sorted(table["f_score"].dropna().astype("int64").unique())
        total = len(self.found.customers)
        whole = float(self.found.customers["expected_value"].sum()) if self.has_model else 0.0
        rows = []
        for score in [*sorted(table["r_score"].dropna().astype("int64").unique(), reverse=True), None]:
            mine = table[table["r_score"].isna() if score is None else table["r_score"] == score]
            cells = [_cell(mine[mine["f_score"] == column], total, whole) for column in columns]
            rows.append(
                {"score": score, "cells": cells, "total": _cell(mine[mine["f_score"].isna()], total, whole)}
            )
        return [int(column) for column in columns], rows

    def bounds(self) -> list[dict[str, Any]]:
        """Return what each score stands for: how recent, how often, how much."""
        rows = self.found.bounds
        rows = rows[rows["n"] >= self.project.small_cell]
        found = []
        for score in sorted(rows["score"].unique(), reverse=True):
            mine = rows[rows["score"] == score].set_index("measure")
            cells: dict[str, Any] = {"score": int(score)}
            for measure, edge in (
                ("recency", "highest"),
                ("frequency", "lowest"),
                ("monetary_value", "lowest"),
            ):
                # The lowest score's end is a single customer's figure, and bounds nothing.
                known = measure in mine.index and score > rows["score"].min()
                cells[measure] = mine.at[measure, edge] if known else None
            found.append(cells)
        return found

    def deciles(self) -> pd.DataFrame:
        """Return the tenths of customers by expected value; fewer groups where they'd be too small."""
        return self.once("deciles", self._deciles)

    def _deciles(self) -> pd.DataFrame:
        value = self.found
        n_groups = min(10, len(value.customers) // self.project.small_cell)
        if not value.has_model or n_groups < 2 or value.customers["expected_value"].sum() <= 0:
            return pd.DataFrame()
        table = value_deciles(value.customers["expected_value"], value.sensitivity, n_groups=n_groups)
        return table.assign(shown=[locale.percent(share, places=0) for share in table["share_value"]])

    def segments(self) -> pd.DataFrame:
        """Return the expected value of each segment, those of too few customers left out."""
        return self.once("segments", self._segments)

    def _segments(self) -> pd.DataFrame:
        segmentation = self.screen.segmentation
        if not self.has_model or segmentation is None:
            return pd.DataFrame()
        names = segmentation.membership.set_index("customer_id")["segment"]
        groups = self.found.customers["customer_id"].map(names)
        if groups.isna().all():
            return pd.DataFrame()
        worth = self.found.customers["expected_value"]
        table = summarise_value(worth, groups, self.found.sensitivity)
        shown = hide_small_cells(table[["group", "n"]], minimum=self.project.small_cell, by=("group",))
        table = table[~shown["hidden"].to_numpy(dtype=bool)]
        named = self.screen.segments()[["segment", "shown", "slot"]].rename(columns={"segment": "group"})
        table = table.merge(named, on="group").rename(columns={"shown": "segment"})
        money = [locale.money(mean, self.lang) for mean in table["mean"]]
        share = [locale.percent(part, places=0) for part in table["share_value"]]
        return table.assign(
            shown=[
                self.t("insight_value.segments.figures", mean=m, share=s)
                for m, s in zip(money, share, strict=True)
            ]
        )

    def calibration(self) -> pd.DataFrame:
        """Return the forecast against what came, by purchases so far."""
        return self.once("calibration", self._calibration)

    def _calibration(self) -> pd.DataFrame:
        table = self.found.calibration
        if table.empty:
            return table
        table = table[table["group"] != "all"]
        shown = hide_small_cells(table[["group", "n"]], minimum=self.project.small_cell, by=("group",))
        return table[~shown["hidden"].to_numpy(dtype=bool)].reset_index(drop=True)

    # Sentences -------------------------------------------------------------------

    @property
    def findings(self) -> ValueFindings:
        """The sentences made of these figures."""
        return ValueFindings(self)

    def heading(self) -> Heading:
        """Return who carries the value, or what is missing."""
        if self.value is None:
            return Heading(self.t("insight_value.nothing.title"), self.nothing())
        return Heading(self.findings.title(), self.findings.subtitle())

    def nothing(self) -> str:
        """Say what makes this section, where there is nothing yet."""
        if not self.possible:
            return self.t("insight_value.nothing.no_transactions")
        key = "insight_value.nothing.compute" if self.may("analyst") else "insight_value.nothing.ask"
        return self.t(key)

    def kpis(self) -> list[Kpi]:
        """Return the six figures."""
        return [] if self.value is None else self.findings.kpis()

    # Computing -------------------------------------------------------------------

    def form(self) -> dict[str, Any]:
        """Return what the form shows: the draft, else what was computed last, else the usual."""
        kept = self.draft() or {}
        known = self.known_types()
        settings = self.value.settings if self.value is not None else {}
        last = {
            "period": settings.get("period", DEFAULTS["period"]),
            "model": settings.get("model", DEFAULTS["model"]),
            "discount": f"{settings.get('discount_rate', 0.01) * 100:g}",
            "margin": f"{settings.get('margin', 1.0) * 100:g}",
        }
        chosen = kept.get("types") or settings.get("types") or self._usual(known)
        return {
            **last,
            **{name: str(kept[name]) for name in last if name in kept},
            "types": [(name, name in chosen) for name in known],
            "periods": [(name, self.t(f"insight_value.period.{name}")) for name in PERIODS],
            "models": [(name, self.t(f"insight_value.model.{name}")) for name in MODELS],
        }

    def known_types(self) -> list[str]:
        """Return the types of transaction, asked of the engine once; for analysts only."""
        if not self.may("analyst") or not self.possible:
            return []
        if self.types is None:
            self.types = list(self.project.insight.value.transaction_types()["type"])
        return self.types

    @staticmethod
    def _usual(known: list[str]) -> list[str]:
        from workbench.insight.movements import purchase_types

        return purchase_types(known)

    def python(self) -> str:
        """Return the Python that does what the form is set to."""
        form = self.form()
        types = [name for name, on in form["types"] if on]
        parts = [f"types={types}"] if types else []
        parts += [f"period={form['period']!r}", f"model={form['model']!r}"]
        for name, field in (("discount_rate", "discount"), ("margin", "margin")):
            parts.append(f"{name}={_shown_share(form[field])}")
        return f"project.insight.value.compute({', '.join(parts)})"

    def compute(self, fields: dict[str, str]) -> None:
        """Compute anew in the background with what the form says.

        Raises
        ------
        ParameterProblem
            If a number is none, or no type is chosen.
        """
        known = self.known_types()
        types = [name for number, name in enumerate(known) if fields.get(f"type-{number}")]
        asked = {name: fields.get(name, DEFAULTS[name]).strip() for name in DEFAULTS}
        if known and not types:
            raise ParameterProblem("insight_value.error.unknown_types", types="–", known=", ".join(known))
        settings: dict[str, Any] = {
            "types": types or None,
            "period": asked["period"],
            "model": asked["model"],
            "discount_rate": _percent("discount_rate", asked["discount"]),
            "margin": _percent("margin", asked["margin"]),
        }
        self.keep_draft({"types": types, **asked})

        def work(report: Report) -> CustomerValue:
            return self.project.insight.value.compute(**settings, progress=report)

        self.jobs.start(work, self._computed, "insight_value.phase.features")

    def _computed(self, value: CustomerValue) -> None:
        self.discard_draft()
        self.load()
        self.screen.banner = Banner(
            "done", "insight_value.done", {"version": value.version, "n": f"{len(value.customers):,}"}
        )
        self.touch()


def _percent(name: str, text: str) -> float:
    try:
        return float(text.replace("%", "").replace(",", ".")) / 100
    except ValueError as error:
        raise ParameterProblem("insight_value.error.setting", name=name, value=text or "–") from error


def _shown_share(text: str) -> str:
    """Return what was typed as a share for the Python hint; as it is where it is no number."""
    try:
        return f"{_percent('', text):g}"
    except ParameterProblem:
        return repr(text)


def _cell(rows: pd.DataFrame, total: int, whole: float) -> dict[str, Any]:
    """Return what one cell of the grid shows: customers, their share of the value, a shade."""
    if rows.empty:
        return {"hidden": False, "n": 0, "share": None, "shade": 1}
    row = rows.iloc[0]
    if row["hidden"]:
        return {"hidden": True, "n": 0, "share": None, "shade": 1}
    n = int(row["n"])
    share = float(row["expected_value"]) / whole if whole > 0 and n else None
    steps = (0.01, 0.025, 0.04, 0.06, 0.09)
    return {"hidden": False, "n": n, "share": share, "shade": 1 + sum(n / total >= step for step in steps)}
