"""The tables behind a cycle's evaluation, made from what it rests on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import NotFound, ParameterProblem

if TYPE_CHECKING:
    from workbench.project.handle import Project

OUTCOMES = ("responded", "amount")
LEVELS = ("lifecycle_stage", "segment", "tier", "region")
"""Parts whose effects are looked at, where the lists or the portrait have them."""
WHOLE = "strategy"
"""The level on which the strategies themselves are the parts, under the strategy_id ""."""
BEFORE = (
    "score",
    "balance_total",
    "product_count",
    "tenure",
    "age",
    "recency",
    "frequency",
    "app_logins_90d",
)
"""What was known before the contact: of it the arms are compared, and customers matched."""
COVARIATES = {"responded": ("score", "balance_total"), "amount": ("balance_total", "score")}
"""What sharpens each outcome's comparison: the first that is there, fixed before any result."""
LASTING = ("age", "tenure", "kind", "gender", "region", "occupation")
"""What of today's portrait was so already when a past campaign ran."""


class EvidenceTables:
    """The tables of one evaluation's evidence, as they are made.

    Parameters
    ----------
    project : Project
        The handle.
    evaluation : Evaluation
        The newest.
    contacts, outcomes : pandas.DataFrame
        What it rests on.
    """

    def __init__(
        self, project: Project, evaluation: Any, contacts: pd.DataFrame, outcomes: pd.DataFrame
    ) -> None:
        from workbench.review import follow_up

        self.project, self.evaluation, self.alpha = project, evaluation, evaluation.alpha
        self.contacts, self.outcomes = contacts, outcomes
        self.cards = project.strategy.launched_cards()
        self.targets = project.strategy.targets()
        self.there = [name for name in project.imports.portrait_columns() if name != "customer_id"]
        self.rows = follow_up(self.targets, outcomes, self.cards, contacts=contacts)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all of them by name; see `Evidence.tables`."""
        from workbench.review import compare_received, find_caveats, first_lasting_day, track_uplift

        shared: dict[str, Any] = {"contacts": self.contacts}
        given = (self.targets, self.outcomes, self.cards)
        days = track_uplift(*given, **shared, alpha=self.alpha)
        before = self.known_before()
        matched, balance = self.matched(before)
        return {
            "received": compare_received(*given, **shared, alpha=self.alpha),
            "multiple": self.multiple(),
            "cuped": self.cuped(before),
            "pre_period": self.pre_period(before),
            "segments": self.segments(),
            "sequences": days,
            "decided": first_lasting_day(days),
            "matched": matched,
            "matched_balance": balance,
            "caveats": find_caveats(*given, **shared),
        }

    def known_before(self) -> pd.DataFrame:
        """Return what was known of each listed customer before the contact."""
        names = [name for name in BEFORE if name in self.there and name != "score"]
        portrait = self.project.customers(["customer_id", *names]).drop_duplicates("customer_id")
        keys = ["strategy_id", "customer_id"]
        scores = self.targets[[*keys, "score"]].drop_duplicates(keys).astype(dict.fromkeys(keys, "str"))
        rows = self.rows.merge(scores, on=keys, how="left").merge(portrait, on="customer_id", how="left")
        return rows.astype(dict.fromkeys(("score", *names), "float64"))

    def multiple(self) -> pd.DataFrame:
        """Return the p-values of all strategies, plain and corrected."""
        from workbench.review import adjust_benjamini_hochberg

        overall = self.evaluation.overall
        rows = overall[overall["arm"].eq("treatment")][["strategy_id", "outcome", "p_value", "p_holm"]]
        rows = rows.reset_index(drop=True)
        rows["p_bh"] = np.nan
        for outcome in OUTCOMES:
            mine = rows["outcome"].eq(outcome)
            rows.loc[mine, "p_bh"] = adjust_benjamini_hochberg(rows.loc[mine, "p_value"])
        return rows

    def cuped(self, before: pd.DataFrame) -> pd.DataFrame:
        """Return each strategy's effect sharpened with what was known before."""
        from workbench.review import adjust_cuped

        found = []
        for strategy_id, part in before.groupby("strategy_id", sort=False):
            treated = part["arm"].eq("treatment").to_numpy()
            if not part["contacted"].to_numpy(dtype=bool)[treated].any():
                continue
            for outcome in OUTCOMES:
                covariate = next(name for name in COVARIATES[outcome] if name in part)
                cells = part[[outcome, covariate]].to_numpy(np.float64)
                arms = [(cells[side, 0], cells[side, 1]) for side in (treated, ~treated)]
                result = adjust_cuped(arms[0], arms[1], self.alpha)
                adjusted = result.difference
                found.append(
                    {
                        "strategy_id": str(strategy_id),
                        "outcome": outcome,
                        "covariate": covariate,
                        "estimate": float(adjusted.estimate),
                        "ci_low": float(adjusted.ci_low),
                        "ci_high": float(adjusted.ci_high),
                        "p_value": float(adjusted.p_value),
                        "unadjusted": float(result.unadjusted.estimate),
                        "correlation": float(result.correlation),
                        "variance_removed": float(result.variance_removed),
                        "helps": bool(result.helps),
                        "n": int(result.n),
                        "n_missing": int(result.n_missing),
                    }
                )
        return _frame(found, "strategy_id outcome covariate estimate ci_low ci_high variance_removed helps")

    def pre_period(self, before: pd.DataFrame) -> pd.DataFrame:
        """Compare the arms of each strategy in what was known before."""
        from workbench.review import compare_pre_period

        arms = before.groupby("strategy_id")["arm"].transform("nunique")
        both = before[arms.eq(2)]
        columns = [name for name in BEFORE if name in both]
        if both.empty:
            return _frame([], "strategy_id column mean mean_control smd p_value p_holm notable alarm")
        return compare_pre_period(both, columns, by="strategy_id", alpha=self.alpha)

    def segments(self) -> pd.DataFrame:
        """Return the effects of parts, and of the strategies as parts of the cycle, shrunken."""
        from workbench.review import shrink_effects

        found = []
        for outcome in OUTCOMES:
            # Drawn towards each other as the parts of one cycle: the best of many looks too good.
            rows = self.evaluation.overall.assign(whole="")
            rows = rows.rename(columns={"strategy_id": "part", "whole": "strategy_id"})
            rows = shrink_effects(rows, "part", outcome, self.alpha)
            found.append(rows.assign(level=WHOLE, outcome=outcome))
        for level in LEVELS:
            parts = self._parts(level)
            if parts is None or parts.empty:
                continue
            for outcome in OUTCOMES:
                rows = shrink_effects(parts, level, outcome, self.alpha)
                rows["part"] = rows["part"].astype("object").where(rows["part"].notna(), "").astype("str")
                found.append(rows.assign(level=level, outcome=outcome))
        return pd.concat(found, ignore_index=True)

    def _parts(self, level: str) -> pd.DataFrame | None:
        from workbench.review import evaluate_strategies

        if level == "segment":
            return self.evaluation.by_segment
        if level not in self.there:
            return None
        if level == "lifecycle_stage":
            return self.evaluation.by_stage
        return evaluate_strategies(
            self.targets,
            self.outcomes,
            self.cards,
            contacts=self.contacts,
            customers=self.project.customers(["customer_id", level]),
            by=level,
            alpha=self.alpha,
        )

    # Without a control -------------------------------------------------------------

    def matched(self, before: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Match the contacted of strategies and past campaigns that have no control with the others."""
        figures: list[dict[str, Any]] = []
        balances: list[pd.DataFrame] = []
        for scope, name, rows, columns in (*self._strategies(before), *self._campaigns()):
            for outcome in OUTCOMES:
                if rows[outcome].notna().any():
                    self._match(scope, name, rows, outcome, columns, figures, balances)
        balance = pd.concat(balances, ignore_index=True) if balances else None
        if balance is None:
            balance = _frame([], "scope name outcome column before after")
        return _frame(figures, "scope name outcome estimate ci_low ci_high naive problem values"), balance

    def _strategies(self, before: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame, Sequence[str]]]:
        return [
            ("strategy", str(name), part, [column for column in BEFORE if column in part])
            for name, part in before.groupby("strategy_id", sort=False)
            if part["arm"].eq("treatment").all() and part["contacted"].any()
        ]

    def _campaigns(self) -> list[tuple[str, str, pd.DataFrame, Sequence[str]]]:
        try:
            history = self.project.table("campaign_history")
        except NotFound:
            return []
        if "contacted_at" not in history:
            return []
        alone = history.groupby("campaign")["arm"].transform("nunique").eq(1) & history["arm"].eq("treatment")
        if not alone.any():
            return []
        names = [name for name in LASTING if name in self.there]
        portrait = self.project.customers(["customer_id", *names]).drop_duplicates("customer_id")
        rows = history[alone].merge(portrait, on="customer_id", how="inner")
        rows["responded"] = rows["responded"].astype("Float64").astype("float64")
        rows["amount"] = rows["amount"].astype("float64") if "amount" in rows else np.nan
        rows["amount"] = rows["amount"].mask(rows["amount"].isna() & rows["responded"].eq(0), 0.0)
        rows["contacted"] = rows["contacted_at"].notna()
        return [("campaign", str(name), part, names) for name, part in rows.groupby("campaign", sort=True)]

    def _match(
        self,
        scope: str,
        name: str,
        rows: pd.DataFrame,
        outcome: str,
        columns: Sequence[str],
        figures: list[dict[str, Any]],
        balances: list[pd.DataFrame],
    ) -> None:
        from workbench.review import compare_matched

        about: dict[str, Any] = {
            "scope": scope,
            "name": name,
            "outcome": outcome,
            "problem": "",
            "values": "{}",
        }
        try:
            found = compare_matched(rows, "contacted", outcome, columns, alpha=self.alpha)
        except ParameterProblem as problem:
            said = json.dumps({k: str(v) for k, v in problem.values.items()}, ensure_ascii=False)
            figures.append(about | {"problem": problem.key, "values": said})
            return
        plain = {key: value for key, value in vars(found).items() if key != "balance"}
        figures.append(about | plain)
        balances.append(found.balance.assign(scope=scope, name=name, outcome=outcome))


def _frame(rows: list[dict[str, Any]], columns: str) -> pd.DataFrame:
    """Return rows as a frame that has some columns even without rows."""
    return pd.DataFrame(rows) if rows else pd.DataFrame({name: [] for name in columns.split()})
