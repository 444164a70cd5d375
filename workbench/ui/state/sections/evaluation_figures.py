"""The rows of the section on the evaluation, each from the evidence stored with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.insight import hide_small_cells
from workbench.review.received import METHODS
from workbench.ui.state.review_figures import VERDICT_SIGNS, VERDICT_TONES

if TYPE_CHECKING:
    from workbench.ui.state.sections.evaluation import EvaluationState

MESSAGE_PREFIXES = (
    "review_evaluation.method.",
    "review_evaluation.before.",
    "review.verdict.",
    "review_room.stage.",
    "review_evaluation.tier.",
)
_ENDS = ("estimate", "ci_low", "ci_high")


class EvaluationFigures:
    """The tables of one state.

    Parameters
    ----------
    state : EvaluationState
        Whose choices are in force.
    """

    def __init__(self, state: EvaluationState) -> None:
        self.state = state
        self.t, self.lang = state.t, state.lang

    # All strategies ----------------------------------------------------------------

    def treated(self, outcome: str) -> pd.DataFrame:
        """Return the evaluation's row of each strategy, with n_control and the corrected p-values."""
        overall = self.state.screen.evaluation.overall
        wanted = overall[overall["outcome"].eq(outcome)]
        held = wanted[wanted["arm"].eq("control")].set_index("strategy_id")["n"]
        rows = wanted[wanted["arm"].eq("treatment")].reset_index(drop=True)
        known = self.state.tables["multiple"]
        more = known.loc[known["outcome"].eq(outcome), ["strategy_id", "p_bh"]]
        return rows.merge(more, on="strategy_id", how="left").assign(
            n_control=rows["strategy_id"].map(held).fillna(0).to_numpy()
        )

    def is_small(self, *counts: Any) -> bool:
        """Say whether one of some counts is too small for this reader."""
        return any(0 < n < self.state.minimum for n in counts)

    def rows(self) -> list[dict[str, Any]]:
        """Return the table of strategies: effect, lift, p-values, arms as drawn."""
        found: list[dict[str, Any]] = self.state.once("rows", self._rows)
        return found

    def _rows(self) -> list[dict[str, Any]]:
        state = self.state
        alpha = state.screen.evaluation.alpha
        ratio = state.screen.evaluation.sample_ratio.set_index("strategy_id")
        slots, chosen = state.screen.figures.slots(), state.strategy()
        verdicts = self.treated("responded").set_index("strategy_id")["verdict"]
        caveats = state.tables["caveats"]["strategy_id"].value_counts()
        found = []
        for row in self.treated(state.outcome).to_dict("records"):
            name = str(row["strategy_id"])
            alarm = name in ratio.index and bool(ratio.at[name, "alarm"])
            hidden = self.is_small(row["n"], row["n_control"])
            verdict = str(verdicts.get(name)) if pd.notna(verdicts.get(name)) else "none"
            if state.outcome == "amount" and verdict != "none":
                proven = row["p_holm"] < alpha
                verdict = "open" if not proven else "works" if row["uplift"] > 0 else "harms"
            found.append(
                {
                    "id": name,
                    "name": state.strategy_name(name, with_id=False),
                    "slot": slots.get(name, 0),
                    "chosen": name == chosen,
                    "n": locale.count(row["n"] + row["n_control"], self.lang),
                    "hidden": hidden,
                    "alarm": alarm,
                    "ratio_p": self.p(ratio.at[name, "p_value"] if name in ratio.index else None),
                    "effect": self.words(row["uplift"], row["ci_low"], row["ci_high"]),
                    "lift": self._lift(row),
                    "p": self.p(row["p_value"]),
                    "p_holm": self.p(row["p_holm"]),
                    "p_bh": self.p(row["p_bh"]),
                    "holds": {
                        key: bool(row[key] < alpha) and not alarm for key in ("p_value", "p_holm", "p_bh")
                    },
                    "verdict": self.t(f"review.verdict.{verdict}"),
                    "sign": VERDICT_SIGNS.get(verdict, "–"),
                    "tone": {"good": "g", "bad": "x", "warn": "w"}.get(VERDICT_TONES.get(verdict, ""), ""),
                    "n_caveats": int(caveats.get(name, 0)),
                }
            )
        return found

    def _lift(self, row: dict[Any, Any]) -> str:
        if self.state.outcome != "responded" or row["lift"] != row["lift"]:
            return locale.percent(None)
        shown = [
            ("+" if x > 0 else "") + locale.percent(x, places=0)
            for x in (row["lift"], row["lift_low"], row["lift_high"])
        ]
        return self.t("review.chart.effect", uplift=shown[0], low=shown[1], high=shown[2])

    # Figures in words --------------------------------------------------------------

    def one(self, value: Any, unit: bool = True) -> str:
        """Return an effect in words, in the outcome's unit."""
        if self.state.outcome == "responded":
            return locale.points(value, self.lang, unit=unit)
        return ("+" if value > 0 else "") + locale.money(value, self.lang)

    def words(self, estimate: Any, low: Any, high: Any) -> str:
        """Return an effect with its interval in words; one without says so."""
        if estimate != estimate:
            return locale.count(None)
        if low != low:
            return self.t("review_evaluation.no_interval", estimate=self.one(estimate, unit=False))
        shown = [self.one(x, unit=False) for x in (estimate, low, high)]
        return self.t("review.chart.effect", uplift=shown[0], low=shown[1], high=shown[2])

    def p(self, value: Any) -> str:
        """Return a p-value in words.

        Examples
        --------
        See `EvaluationState`.
        """
        if value is None or value != value:
            return locale.decimal(None)
        return "< 0.001" if value < 0.001 else locale.decimal(value, 3)

    # The chosen strategy -----------------------------------------------------------

    def of_chosen(self, table: str) -> pd.DataFrame:
        """Return the chosen strategy's rows of a table, in the outcome shown."""
        rows = self.state.tables[table]
        if "strategy_id" in rows:
            rows = rows[rows["strategy_id"].eq(self.state.strategy())]
        if "outcome" in rows:
            rows = rows[rows["outcome"].eq(self.state.outcome)]
        return rows

    def methods(self) -> pd.DataFrame:
        """Return the comparisons to draw together: see `workbench.charts.evaluation_methods`."""
        found: pd.DataFrame = self.state.once("methods", self._methods)
        return found

    def _methods(self) -> pd.DataFrame:
        received = self.of_chosen("received").set_index("method")
        if received.empty:
            return _drawn([])
        drawn = received.loc["intention_to_treat"]
        if self.is_small(drawn["n_treatment"], drawn["n_control"]):
            return _drawn([])
        found = [self._method("intention_to_treat", drawn, self._n(drawn))]
        found += self._cuped(drawn) + self._sequence(drawn) + self._cut()
        found += [
            # Counts of who was reached would tell small ones by subtraction.
            self._method(
                name, received.loc[name], self._n(received.loc[name]) if self.state.may("analyst") else ""
            )
            for name in METHODS[1:]
        ]
        return _drawn([*found, *self._matched()])

    def _n(self, row: Any) -> str:
        counts = (row["n_treatment"], row["n_control"])
        return self.t("review_evaluation.n_both", treated=f"{counts[0]:,.0f}", control=f"{counts[1]:,.0f}")

    def _method(
        self, method: str, row: Any, n: str, randomised: bool | None = None, **values: Any
    ) -> dict[str, Any]:
        fair = bool(row["randomised"]) if randomised is None else randomised
        low, high = float(row["ci_low"]), float(row["ci_high"])
        return {
            "method": method,
            "label": self.t(f"review_evaluation.method.{method}", **values),
            "about": n
            if fair
            else " · ".join(x for x in (n, self.t("review_evaluation.not_randomised")) if x),
            "estimate": float(row["estimate"]),
            "ci_low": low,
            "ci_high": high,
            "figures": self.words(float(row["estimate"]), low, high),
            "randomised": fair,
            "solid": low > 0 or high < 0,
        }

    def _cuped(self, drawn: Any) -> list[dict[str, Any]]:
        rows = self.of_chosen("cuped")
        if rows.empty or rows["estimate"].isna().all():
            return []
        row = rows.iloc[0]
        name = self.before_name(str(row["covariate"]))
        key = "cuped" if row["helps"] else "cuped_useless"
        return [self._method(key, row, self._n(drawn), True, covariate=name)]

    def _sequence(self, drawn: Any) -> list[dict[str, Any]]:
        rows = self.of_chosen("sequences")
        if rows.empty or self.state.outcome != "responded" or pd.isna(rows["seq_low"].iloc[-1]):
            return []
        last = rows.iloc[-1]
        row = {"estimate": last["uplift"], "ci_low": last["seq_low"], "ci_high": last["seq_high"]}
        return [self._method("anytime", row, self._n(drawn), True)]

    def _cut(self) -> list[dict[str, Any]]:
        cut = self.state.cut
        if cut is None or self.state.outcome != "amount" or cut["strategy"] != self.state.strategy():
            return []
        about = self.t(
            "review_evaluation.cut.about",
            n=f"{cut['n_cut']:,}",
            limit=locale.money(cut["limit"], self.lang),
            share=locale.percent(cut["cut_share"]),
        )
        return [self._method("winsorised", cut, about, True)]

    def _matched(self) -> list[dict[str, Any]]:
        rows = self.state.tables["matched"]
        if rows.empty:
            return []
        mine = rows[rows["scope"].eq("strategy") & rows["name"].eq(self.state.strategy())]
        mine = mine[mine["outcome"].eq(self.state.outcome) & mine["problem"].eq("")]
        return [self._method("matched", row, "", False) for row in mine.to_dict("records")]

    # Parts -------------------------------------------------------------------------

    def n_firm(self, level: str) -> int:
        """Return how many parts of the chosen strategy are large enough to be pooled, on a level."""
        return int(self.of_level(level)["firm"].sum())

    def of_level(self, level: str) -> pd.DataFrame:
        """Return the parts of a level, as they are stored."""
        rows = self.state.tables["segments"]
        wanted = "" if level == "strategy" else self.state.strategy()
        fits = rows["level"].eq(level) & rows["strategy_id"].eq(wanted)
        return rows[fits & rows["outcome"].eq(self.state.outcome)].reset_index(drop=True)

    def parts(self) -> pd.DataFrame:
        """Return the parts to draw, the largest first: see `workbench.charts.evaluation_parts`."""
        found: pd.DataFrame = self.state.once("parts", self._parts)
        return found

    def _parts(self) -> pd.DataFrame:
        rows = self.of_level(self.state.current_level())
        if rows.empty:
            return rows.assign(label=[], size=[], figures=[], solid=[])
        hidden = self._hidden(rows)
        shown = rows[~hidden & rows["uplift"].notna()].copy()
        shown["label"] = [self.part_name(part) for part in shown["part"]]
        shown["size"] = [f"n = {row.n + row.n_control:,.0f}" for row in _rows(shown)]
        shown["figures"] = [
            self.words(row.uplift, row.ci_low, row.ci_high)
            if not row.firm
            else self.t(
                "review_evaluation.parts.figures",
                raw=self.one(row.uplift, unit=False),
                shrunken=self.words(row.shrunken, row.shrunken_low, row.shrunken_high),
            )
            for row in _rows(shown)
        ]
        shown["solid"] = (shown["shrunken_low"] > 0) | (shown["shrunken_high"] < 0)
        shown = shown.sort_values(["shrunken", "uplift"], ascending=False, na_position="last", kind="stable")
        return shown.reset_index(drop=True)

    def n_hidden(self) -> int:
        """Return how many parts this reader may not see."""
        rows = self.of_level(self.state.current_level())
        return 0 if rows.empty else int(self._hidden(rows).sum())

    def _hidden(self, rows: pd.DataFrame) -> pd.Series:
        """Return which parts have too few customers in an arm, or would give such a one away."""
        if not self.state.minimum:
            return pd.Series(False, index=rows.index)
        sizes = rows[["part", "n", "n_control"]].fillna(0)
        cells = sizes.melt("part", var_name="arm", value_name="count").astype({"count": "int64"})
        cells = hide_small_cells(cells, self.state.minimum, by=("part", "arm"), count="count")
        return rows["part"].isin(set(cells.loc[cells["hidden"], "part"]))

    def part_name(self, part: str) -> str:
        """Return a part's name in the reader's language."""
        level = self.state.current_level()
        if not part:
            return self.t("review_evaluation.parts.unknown")
        if level == "strategy":
            return self.state.strategy_name(part)
        if level == "segment":
            return str(self.state.screen.shown_segment(part))
        prefix = {"lifecycle_stage": "review_room.stage.", "tier": "review_evaluation.tier."}.get(level)
        known = locale.keys(self.lang)
        return self.t(f"{prefix}{part}") if prefix and f"{prefix}{part}" in known else part

    # Before the contact --------------------------------------------------------------

    def before_name(self, column: str) -> str:
        """Return a column's name in the reader's language."""
        key = f"review_evaluation.before.{column}"
        return self.t(key) if key in locale.keys(self.lang) else column

    def before(self) -> list[dict[str, Any]]:
        """Return how the arms of the chosen strategy compared before the contact."""
        rows = self.state.tables["pre_period"]
        rows = rows[rows["strategy_id"].eq(self.state.strategy())] if len(rows) else rows
        found = []
        for row in rows.to_dict("records"):
            smd = row["smd"]
            found.append(
                {
                    "column": self.before_name(str(row["column"])),
                    "hidden": self.is_small(row["n"], row["n_control"]),
                    "mean": self._mean(str(row["column"]), row["mean"]),
                    "control": self._mean(str(row["column"]), row["mean_control"]),
                    "smd": locale.signed(smd),
                    # The bar ends at half a standard deviation.
                    "at": 50 + 100 * max(-0.5, min(0.5, smd)) if smd == smd else None,
                    "p": self.p(row["p_holm"]),
                    "notable": bool(row["notable"]),
                    "alarm": bool(row["alarm"]),
                }
            )
        return found

    def _mean(self, column: str, value: float) -> str:
        if column == "balance_total":
            return locale.money(value, self.lang)
        return locale.decimal(value, 2 if column in ("score", "product_count") else 1)

    # Without a control ---------------------------------------------------------------

    def matched(self) -> list[dict[str, Any]]:
        """Return the matched comparisons of what has no control, in words."""
        rows = self.state.tables["matched"]
        found = []
        for row in rows[rows["outcome"].eq(self.state.outcome)].to_dict("records") if len(rows) else ():
            name = str(row["name"])
            told: dict[str, Any] = {
                "name": self.state.strategy_name(name) if row["scope"] == "strategy" else name
            }
            if row["problem"]:
                values = json.loads(row["values"])
                if self.is_small(*(float(v) for v in values.values() if str(v).isdigit())):
                    values = dict.fromkeys(values, "–")
                found.append(told | {"problem": self.t(str(row["problem"]), **values)})
                continue
            hidden = self.is_small(row["n_treated"], row["n_others"])
            found.append(
                told
                | {
                    "problem": self.t("review.hidden") if hidden else "",
                    "effect": self.words(*(row[end] for end in _ENDS)),
                    "naive": self.one(row["naive"], unit=False),
                    "n": f"{row['n_treated']:,.0f} / {row['n_others']:,.0f}",
                    "worth": f"{row['effective_treated']:,.0f} / {row['effective_others']:,.0f}",
                    "largest": locale.decimal(row["largest_after"]),
                    "balanced": bool(row["balanced"]),
                }
            )
        return found


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples(index=False))


def _drawn(rows: list[dict[str, Any]]) -> pd.DataFrame:
    columns = ["method", "label", "about", *_ENDS, "figures", "randomised", "solid"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame[frame["estimate"].notna()].reset_index(drop=True)
