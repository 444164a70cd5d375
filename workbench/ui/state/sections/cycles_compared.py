"""Two cycles compared on the screen: figures, what changed and what it comes from, segments."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import WorkbenchError
from workbench.ui.state.parts import Kpi

if TYPE_CHECKING:
    from workbench.project.cycling import CycleComparison
    from workbench.ui.state.sections.cycles import CyclesState

MESSAGE_PREFIXES = (
    "review_cycles.figure.",
    "review_cycles.verdict.",
    "review_cycles.origin.",
    "review_cycles.field.",
)
_WRITTEN = {
    "uplift": "points",
    "response_rate": "percent",
    "contacted_share": "percent",
    "value_won": "money",
    "return_on_cost": "decimal",
    "cost": "money",
    "strategies_proven": "count",
}
SIGNS = {"rose": "▲", "fell": "▼", "chance": "≈", "counted": "=", "unknown": "–"}
_FIELDS = ("review_advice.field", "strategy_cards.field", "strategy.field", "review_cycles.field")
_SHARES = ("control_share", "expected_response", "effect")
_MONEY = ("value_per_response", "cost_per_contact", "budget")


class ComparedCycles:
    """What the section says of the two cycles chosen.

    Parameters
    ----------
    section : CyclesState
        Whose cycles are compared.
    """

    def __init__(self, section: CyclesState) -> None:
        self._section = section
        self.found: CycleComparison | None = None
        self.trouble = ""
        self._cards: list[pd.DataFrame] = []
        self._names: dict[str, dict[str, str]] = {}

    def load(self) -> None:
        """Compare the two cycles; where that can't be, say why."""
        section = self._section
        self.found, self.trouble = None, ""
        self._cards, self._names = [], {}
        if not section.before:
            return
        try:
            self.found = section.project.compare_cycles(section.before, section.after)
        except WorkbenchError as problem:
            self.trouble = section.t(problem.key, **problem.values)
            return
        self._cards = [section.project.at(name).strategy.cards() for name in (section.before, section.after)]

    def names(self) -> dict[str, str]:
        """Return the strategies' names in the screen's language."""
        from workbench.strategy import translate_strategies

        lang = self._section.lang
        if lang not in self._names:
            shown = [translate_strategies(cards, lang) for cards in self._cards if len(cards)]
            pairs = [zip(cards["strategy_id"], cards["name"], strict=True) for cards in shown]
            self._names[lang] = {str(name): str(label) for pair in pairs for name, label in pair}
        return self._names[lang]

    def _strategy(self, strategy_id: str) -> str:
        return f"{strategy_id} {self.names().get(strategy_id, '')}".strip()

    # Figures ---------------------------------------------------------------------

    def _is_small(self, row: Any) -> bool:
        """Say whether a share is of so few responses that a reader may not see it."""
        section = self._section
        return not section.may("analyst") and 0 < row.hits < section.project.small_cell

    def points(self, columns: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the points and the panels of the small multiples; empty without an evaluation."""
        from workbench.review import place_panels

        section = self._section
        figures = section.measured
        if figures.empty:
            return pd.DataFrame(), pd.DataFrame()
        small = [self._is_small(row) for row in figures.itertuples()]
        shown = figures.copy()
        shown.loc[small, ["value", "low", "high"]] = float("nan")
        # In the order in which the cycles were opened, so that the last stands right.
        placed = place_panels(shown, columns=columns)
        placed["shown"] = [
            self.write(str(kpi), value) for kpi, value in zip(placed["kpi"], placed["value"], strict=True)
        ]
        placed["interval"] = [
            self.interval(*row) for row in placed[["kpi", "low", "high"]].itertuples(index=False)
        ]
        placed["label"] = [section.t(f"review_cycles.figure.{kpi}") for kpi in placed["kpi"]]
        panels = placed.drop_duplicates("kpi")[["kpi", "label", "column", "row", "y_zero"]]
        hidden = {str(kpi) for kpi, is_small in zip(figures["kpi"], small, strict=True) if is_small}
        notes = []
        for kpi in panels["kpi"]:
            if kpi in hidden:
                notes.append(section.t("review.hidden"))
            elif placed.loc[placed["kpi"].eq(kpi), "low"].notna().any():
                notes.append(section.t("review_cycles.chart.with_interval"))
            else:
                notes.append(section.t("review_cycles.chart.counted"))
        names = [
            "kpi",
            "cycle_id",
            "column",
            "row",
            "x",
            "y",
            "y_low",
            "y_high",
            "shown",
            "interval",
            "label",
        ]
        return placed[names], panels.assign(note=notes)

    def write(self, kpi: str, value: Any) -> str:
        """Return a figure in words."""
        lang, kind = self._section.lang, _WRITTEN[kpi]
        if value is None or value != value:
            return "–"
        if kind == "points":
            return locale.points(value, lang)
        if kind == "percent":
            return locale.percent(value)
        if kind == "money":
            return locale.money(value, lang)
        return locale.decimal(value) if kind == "decimal" else locale.count(value, lang)

    def _difference(self, kpi: str, value: Any) -> str:
        kind, lang = _WRITTEN[kpi], self._section.lang
        if value is None or value != value:
            return "–"
        if kind in ("points", "percent"):
            return locale.points(value, lang)
        written = self.write(kpi, value)
        return written if written.startswith("−") or value == 0 else f"+{written}"

    def interval(self, kpi: str, low: Any, high: Any) -> str:
        """Return an interval in words, empty where there is none."""
        if low is None or low != low:
            return ""
        return self._section.t("review_cycles.to", low=self.write(kpi, low), high=self.write(kpi, high))

    def kpi_rows(self) -> list[dict[str, Any]]:
        """Return the figures of both cycles, their difference, and whether it is more than chance."""
        if self.found is None or self.found.kpis.empty:
            return []
        section = self._section
        hidden = {row.kpi for row in section.measured.itertuples() if self._is_small(row)}
        rows = []
        for row in self.found.kpis.to_dict("records"):
            kpi = str(row["kpi"])
            if kpi in hidden:
                row |= dict.fromkeys(("before", "after", "difference", "low", "high"), float("nan"))
                row["verdict"] = "unknown"
            known = row["low"] == row["low"]
            ends = [self._difference(kpi, row[end]) for end in ("low", "high")]
            rows.append(
                {
                    "kpi": kpi,
                    "label": section.t(f"review_cycles.figure.{kpi}"),
                    "before": self.write(kpi, row["before"]),
                    "after": self.write(kpi, row["after"]),
                    "difference": self._difference(kpi, row["difference"]),
                    "interval": section.t("review_cycles.to", low=ends[0], high=ends[1]) if known else "",
                    "p": self._p(row["p_holm"]),
                    "verdict": row["verdict"],
                    "sign": SIGNS[row["verdict"]],
                    "word": section.t(f"review_cycles.verdict.{row['verdict']}"),
                }
            )
        return rows

    @staticmethod
    def _p(value: float) -> str:
        if value != value:
            return ""
        return "< 0.001" if value < 0.001 else locale.decimal(value, 3)

    def effect_rows(self) -> list[dict[str, Any]]:
        """Return each strategy's effect in both cycles, largest change first."""
        if self.found is None or self.found.effects.empty:
            return []
        section, lang = self._section, self._section.lang
        order = self.found.effects.assign(size=self.found.effects["difference"].abs())
        return [
            {
                "strategy": self._strategy(row["strategy_id"]),
                "before": locale.points(row["before"], lang, unit=False),
                "after": locale.points(row["after"], lang, unit=False),
                "difference": locale.points(row["difference"], lang, unit=False),
                "interval": ""
                if row["low"] != row["low"]
                else section.t(
                    "review_cycles.to",
                    low=locale.points(row["low"], lang, unit=False),
                    high=locale.points(row["high"], lang, unit=False),
                ),
                "sign": SIGNS[row["verdict"]],
                "word": section.t(f"review_cycles.verdict.{row['verdict']}"),
            }
            for row in order.sort_values("size", ascending=False, kind="stable").to_dict("records")
        ]

    # What changed ----------------------------------------------------------------

    def changes(self) -> list[dict[str, Any]]:
        """Return what differs between the strategies, what the calendar moved left out."""
        if self.found is None:
            return []
        section = self._section
        rows = self.found.strategies
        return [
            {
                "strategy": self._strategy(row["strategy_id"]),
                "field": self._field(row["field"]),
                "before": self._value(row["field"], row["before"]),
                "after": self._value(row["field"], row["after"]),
                "origin": row["origin"],
                "word": section.t(f"review_cycles.origin.{row['origin']}"),
                "tone": {"accepted": "g", "undone": "x", "overridden": "w"}.get(row["origin"], ""),
                "recommendation": row["recommendation_id"],
            }
            for row in rows[rows["origin"].ne("calendar")].to_dict("records")
        ]

    def _field(self, name: str) -> str:
        known = locale.keys(self._section.lang)
        found = next((f"{home}.{name}" for home in _FIELDS if f"{home}.{name}" in known), None)
        return locale.text(found, self._section.lang) if found else name.replace("_", " ")

    def _value(self, field: str, value: Any) -> str:
        lang = self._section.lang
        if value is None or value != value or value == "":
            return "–"
        if field == "capacity_factor":
            return f"× {locale.decimal(value)}"
        if field in _SHARES:
            return locale.percent(value)
        if field in _MONEY:
            return locale.money(value, lang)
        if hasattr(value, "date"):
            return locale.date(value.date(), lang)
        if isinstance(value, float):
            return locale.decimal(value)
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return text if len(text) <= 80 else text[:79] + "…"

    def origins(self) -> dict[str, int]:
        """Return how many differences come from what, the calendar left out."""
        if self.found is None:
            return {}
        rows = self.found.strategies
        counts = rows.loc[rows["origin"].ne("calendar"), "origin"].value_counts()
        return {str(name): int(n) for name, n in counts.items()}

    def segment_rows(self) -> list[dict[str, Any]]:
        """Return the segments' sizes in both cycles; small ones hidden for readers."""
        if self.found is None or self.found.segments.empty:
            return []
        section, rows = self._section, self.found.segments
        hidden = set() if section.may("analyst") else self._hidden(rows)
        slots = dict(zip(section.screen.segments["segment"], section.screen.segments["slot"], strict=True))
        return [
            {
                "segment": section.screen.shown_segment(row["segment"]),
                "slot": int(slots.get(row["segment"], 0)),
                "hidden": row["segment"] in hidden,
                "before": locale.count(row["n_before"], section.lang),
                "after": locale.count(row["n_after"], section.lang),
                "change": locale.points(row["difference"], section.lang, unit=False),
            }
            for row in rows.sort_values("n_after", ascending=False, kind="stable").to_dict("records")
        ]

    def _hidden(self, rows: pd.DataFrame) -> set[Any]:
        """Return the segments to hide on either side, with those that would give them away."""
        from workbench.insight import hide_small_cells

        long = rows.melt("segment", ["n_before", "n_after"], "side", "n")
        checked = hide_small_cells(long, self._section.project.small_cell, by=("segment", "side"))
        return set(checked.loc[checked["hidden"], "segment"])

    # Sentences -------------------------------------------------------------------

    def title(self) -> str:
        """Return the change that is furthest beyond chance, or that none is; empty without a comparison."""
        rows = self.kpi_rows()
        section = self._section
        pair = {"before": section.before, "after": section.after}
        if not rows:
            return ""
        moved = [row for row in rows if row["verdict"] in ("rose", "fell")]
        if moved:
            assert self.found is not None
            p_values = self.found.kpis.set_index("kpi")["p_holm"]
            most = min(moved, key=lambda row: p_values[row["kpi"]])
            values = {"figure": most["label"], "was": most["before"], "now": most["after"], **pair}
            return section.t(
                "review_cycles.title.rose" if most["verdict"] == "rose" else "review_cycles.title.fell",
                **values,
            )
        if not any(row["verdict"] == "chance" for row in rows):
            return section.t("review_cycles.title.unknown", **pair)
        return section.t("review_cycles.title.chance", **pair)

    def changes_title(self) -> str:
        """Return how many of the differences were accepted."""
        counts, section = self.origins(), self._section
        n = sum(counts.values())
        if not n:
            return section.t("review_cycles.changes.none")
        values = {"n": n, "accepted": counts.get("accepted", 0), "after": section.after}
        same = counts.get("accepted", 0) == n
        return section.t("review_cycles.changes.all" if same else "review_cycles.changes.some", **values)

    def kpis(self) -> list[Kpi]:
        """Return figures changed beyond chance, and differences that were accepted."""
        section, found = self._section, []
        rows = self.kpi_rows()
        tested = [row for row in rows if row["verdict"] in ("rose", "fell", "chance")]
        if tested:
            moved = [row for row in tested if row["verdict"] != "chance"]
            note = ", ".join(f"{row['sign']} {row['label']}" for row in moved)
            found.append(
                Kpi(
                    section.t("review_cycles.kpi.moved"),
                    str(len(moved)),
                    unit=section.t("review_cycles.kpi.of", n=len(tested)),
                    note=note or section.t("review_cycles.kpi.moved_none"),
                )
            )
        counts = self.origins()
        if self.found is not None:
            n = sum(counts.values())
            others = n - counts.get("accepted", 0)
            note = section.t(
                "review_cycles.kpi.others" if others else "review_cycles.kpi.exactly",
                n=others,
                before=section.before,
            )
            found.append(
                Kpi(
                    section.t("review_cycles.kpi.accepted"),
                    str(counts.get("accepted", 0)),
                    unit=section.t("review_cycles.kpi.of", n=n),
                    note=note,
                    tone="warn" if counts.get("undone") or counts.get("overridden") else "",
                )
            )
        return found

    def overlap(self) -> str:
        """Return how many customers were on lists of both, so that the reader can judge the interval."""
        if self.found is None:
            return ""
        section, n = self._section, self.found.n_both
        if not section.may("analyst") and 0 < n < section.project.small_cell:
            return section.t("review_cycles.compare.few_both", n=section.project.small_cell)
        return section.t("review_cycles.compare.both", n=locale.count(n, section.lang))
