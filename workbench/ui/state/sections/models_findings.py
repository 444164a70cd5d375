"""What the section on propensity says: titles and figures, generated from the data shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import locale
from workbench.ui.state.parts import Kpi, Tone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.ui.state.sections.models import ModelsState

SIGNS = {"stable": "✓", "watch": "!", "shifted": "✕"}
MESSAGE_PREFIXES = ("strategy_models.calibration.",)


class ModelsFindings:
    """The sentences of one state.

    Parameters
    ----------
    state : ModelsState
        Whose figures.
    """

    def __init__(self, state: ModelsState) -> None:
        self.state = state
        self.t, self.lang = state.t, state.lang

    def title(self) -> str:
        """Return the section's finding."""
        model = self.state.shown.model
        offer = self.state.offer_name(self.state.offer)
        if model.auc_ != model.auc_:
            return self.t("strategy_models.title.neutral", offer=offer)
        if not model.is_useful_:
            return self.t("strategy_models.title.weak", offer=offer, auc=locale.decimal(model.auc_))
        return self.t(
            "strategy_models.title.useful",
            offer=offer,
            share=locale.percent(model.auc_, places=0),
            lift=locale.decimal(model.top_lift_, 1),
        )

    def subtitle(self) -> str:
        """Return what the finding rests on."""
        plan, model = self.state.screen.plan, self.state.shown.model
        parts = [
            self.t("strategy_models.subtitle.plan", version=plan.version),
            self.t("strategy_models.subtitle.used", strategies=", ".join(self.state.shown.strategies)),
            self.t(
                "strategy_models.subtitle.judged",
                n=f"{model.n_validation_:,}",
                train=f"{model.n_train_:,}",
                rate=locale.percent(model.response_),
            ),
            locale.date(plan.approved_at.date(), self.lang),
        ]
        return " · ".join(parts)

    def _interval(self, low: float, high: float, places: int = 2) -> str:
        if low != low:
            return self.t("strategy_models.kpi.no_interval")
        return self.t(
            "strategy_models.kpi.interval", low=locale.decimal(low, places), high=locale.decimal(high, places)
        )

    def kpis(self) -> list[Kpi]:
        """Return the six figures of the strip."""
        t, model = self.t, self.state.shown.model
        drift = self.state.drift()
        moved = int(drift["level"].ne("stable").sum()) if len(drift) else 0
        tone: Tone = "warn" if moved else ""
        better: Tone = "warn" if model.brier_ >= model.brier_base_ else ""
        shifted = f"{moved} / {len(drift)}" if len(drift) else locale.decimal(None)
        return [
            Kpi(
                t("strategy_models.kpi.auc"),
                locale.decimal(model.auc_),
                note=self._interval(model.auc_low_, model.auc_high_),
            ),
            Kpi(
                t("strategy_models.kpi.brier"),
                locale.decimal(model.brier_, 4),
                note=t("strategy_models.kpi.base", base=locale.decimal(model.brier_base_, 4)),
                tone=better,
            ),
            Kpi(
                t("strategy_models.kpi.log_loss"),
                locale.decimal(model.log_loss_, 3),
                note=t("strategy_models.kpi.base", base=locale.decimal(model.log_loss_base_, 3)),
            ),
            Kpi(
                t("strategy_models.kpi.alift"),
                locale.decimal(model.alift_),
                note=self._interval(model.alift_low_, model.alift_high_),
            ),
            Kpi(
                t("strategy_models.kpi.top"),
                f"× {locale.decimal(model.top_lift_, 1)}",
                note=self._interval(model.top_lift_low_, model.top_lift_high_, 1),
            ),
            Kpi(
                t("strategy_models.kpi.shifted"),
                shifted,
                note=t("strategy_models.kpi.shifted_note") if len(drift) else t("strategy_models.drift.none"),
                tone=tone,
            ),
        ]

    # Cards -----------------------------------------------------------------------

    def choice(self) -> tuple[str, str]:
        """Return the title of the algorithms' table, and the rule by which one was chosen."""
        rows = {row["algorithm"]: row for row in self.state.algorithms()}
        chosen = self.state.algorithm_name(self.state.shown.model.algorithm_)
        boosting = rows.get("boosting")
        if len(rows) < 2 or boosting is None:
            return self.t("strategy_models.choice.one", algorithm=chosen), ""
        title = self.t(
            "strategy_models.choice.boosting" if boosting["chosen"] else "strategy_models.choice.logistic"
        )
        return title, self.t(
            "strategy_models.choice.rule",
            n=f"{int(boosting['choice_n']):,}",
            gain=locale.signed(boosting["choice_gain"], 4),
            error=locale.decimal(boosting["choice_error"], 4),
        )

    def figures(self) -> list[dict[str, Any]]:
        """Return a row an algorithm: each figure with its interval or its base."""
        found = [self._figures_of(row) for row in self.state.algorithms()]
        base = self.state.shown.model
        nothing = locale.decimal(0.5, 3)
        found.append(
            {
                "name": self.t("strategy_models.figures.base"),
                "chosen": False,
                "calibration": "",
                "trees": "",
                "cells": [
                    (nothing, ""),
                    (locale.decimal(base.brier_base_, 4), ""),
                    (locale.decimal(base.log_loss_base_, 4), ""),
                    (nothing, ""),
                    (f"× {locale.decimal(1, 1)}", ""),
                ],
            }
        )
        return found

    def _figures_of(self, row: dict[str, Any]) -> dict[str, Any]:
        n_trees = row["n_trees"]
        return {
            "name": row["name"],
            "chosen": row["chosen"],
            "calibration": self.t(f"strategy_models.calibration.{row['calibration']}"),
            "trees": self.t("strategy_models.figures.trees", n=n_trees) if n_trees else "",
            "cells": [
                (locale.decimal(row["auc"], 3), self._range(row, "auc", 3)),
                (locale.decimal(row["brier"], 4), self._range(row, "brier", 4)),
                (locale.decimal(row["log_loss"], 4), self._range(row, "log_loss", 4)),
                (locale.decimal(row["alift"], 3), self._range(row, "alift", 3)),
                (f"× {locale.decimal(row['top_lift'], 1)}", self._range(row, "top_lift", 1)),
            ],
        }

    @staticmethod
    def _range(row: dict[str, Any], name: str, places: int) -> str:
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        return "" if low != low else f"{locale.decimal(low, places)}–{locale.decimal(high, places)}"

    def warnings(self) -> list[str]:
        """Return what a reader of these figures must know."""
        model, found = self.state.shown.model, []
        if model.later_portrait_share_ > 0:
            share = locale.percent(model.later_portrait_share_, places=0)
            found.append(self.t("strategy_models.warn.later", share=share))
        if model.calibration_ != "none" and model.brier_ > model.brier_uncalibrated_:
            found.append(
                self.t(
                    "strategy_models.warn.calibration",
                    brier=locale.decimal(model.brier_, 4),
                    without=locale.decimal(model.brier_uncalibrated_, 4),
                )
            )
        others = model.algorithms_[~model.algorithms_["chosen"].astype(bool)]
        found += [
            self.t(
                "strategy_models.warn.other",
                algorithm=self.state.algorithm_name(str(other["algorithm"])),
                auc=locale.decimal(other["auc"]),
                chosen=locale.decimal(model.auc_),
            )
            for other in others[others["auc"] > model.auc_high_].to_dict("records")
        ]
        if model.time_ordered_ == "row order":
            found.append(self.t("strategy_models.warn.row_order"))
        return found

    def reliability_title(self) -> tuple[str, str]:
        """Return the title and subtitle of the reliability chart."""
        rows = self.state.reliability()
        mine = rows[rows["chosen"].astype(bool)]
        if mine.empty:
            return self.t("strategy_models.reliability.neutral"), ""
        held = (mine["ci_low"] <= mine["mean_predicted"]) & (mine["mean_predicted"] <= mine["ci_high"])
        n = f"{int(mine['n'].sum()):,}"
        title = self.t("strategy_models.reliability.title", held=int(held.sum()), n=len(mine))
        return title, self.t("strategy_models.reliability.subtitle", n=n)

    def gains_title(self) -> tuple[str, str]:
        """Return the title and subtitle of the gains curve."""
        rows = self.state.gains()
        model = self.state.shown.model
        mine = rows[rows["chosen"].astype(bool)] if len(rows) else rows
        if mine.empty:
            return self.t("strategy_models.gains.neutral"), ""
        at = mine.iloc[(mine["share_customers"] - 0.3).abs().argsort().iloc[0]]
        title = self.t(
            "strategy_models.gains.title",
            customers=locale.percent(at["share_customers"], places=0),
            responses=locale.percent(at["share_responses"], places=0),
        )
        alift = locale.decimal(model.alift_)
        interval = self._interval(model.alift_low_, model.alift_high_)
        subtitle = self.t(
            "strategy_models.gains.subtitle", alift=alift, interval=interval, n=f"{model.n_validation_:,}"
        )
        return title, subtitle

    def lift_title(self) -> tuple[str, str]:
        """Return the title and subtitle of the lift by tenth."""
        rows = self.state.lift()
        if rows.empty:
            return self.t("strategy_models.lift.neutral"), ""
        best = rows.iloc[0]
        title = self.t("strategy_models.lift.neutral")
        if best["lift_low"] > 1:
            title = self.t(
                "strategy_models.lift.title",
                rate=locale.percent(best["rate"]),
                lift=locale.decimal(best["lift"], 1),
            )
        n = f"{int(rows['n'].sum()):,}"
        return title, self.t("strategy_models.lift.subtitle", n=n, groups=len(rows))

    def drivers_title(self) -> tuple[str, str]:
        """Return the title and subtitle of what drives the model."""
        rows = self.state.drivers()
        if rows.empty:
            return self.t("strategy_models.drivers.neutral"), ""
        first = rows.iloc[0]
        title = self.t("strategy_models.drivers.neutral")
        if first["sure"]:
            title = self.t(
                "strategy_models.drivers.title",
                column=first["label"],
                loss=locale.decimal(first["importance"], 3),
            )
        return title, self.t(
            "strategy_models.drivers.subtitle", n=f"{self.state.shown.model.n_validation_:,}"
        )

    def driver(self, row: Mapping[Any, Any]) -> str:
        """Return one driver's figure, and whether more of it means a higher chance."""
        figure = locale.decimal(row["importance"], 3)
        towards = row["direction"]
        if towards != towards or abs(towards) < 0.1:
            return figure
        key = "strategy_models.drivers.up" if towards > 0 else "strategy_models.drivers.down"
        return self.t(key, figure=figure)

    def drift_title(self) -> tuple[str, str]:
        """Return what has shifted since the contacts that were learned from."""
        rows = self.state.drift()
        if rows.empty:
            return self.t("strategy_models.drift.neutral"), ""
        columns = rows[rows["feature"].ne("propensity")]
        moved = columns[columns["level"].ne("stable") & columns["exceeds"].astype(bool)]
        subtitle = self.t(
            "strategy_models.drift.subtitle",
            n=f"{int(rows['n'].iloc[0]):,}",
            learned=f"{self.state.shown.model.n_train_ + self.state.shown.model.n_validation_:,}",
            total=len(rows),
        )
        if moved.empty:
            return self.t("strategy_models.drift.stable", n=len(columns)), subtitle
        names = self.t("strategy_models.drift.comma").join(self.state.label(c) for c in moved["feature"][:2])
        more = len(moved) - 2
        if more > 0:
            return self.t("strategy_models.drift.more", names=names, more=more), subtitle
        return self.t("strategy_models.drift.title", names=names), subtitle

    def past_title(self) -> tuple[str, str]:
        """Return how the planned rates stand beside what past campaigns gave."""
        rows = self.state.past()
        known = rows[rows["planned"].notna()]
        outside = known[(known["planned"] < known["ci_low"]) | (known["planned"] > known["ci_high"])]
        subtitle = self.t("strategy_models.past.subtitle", n=f"{int(rows['n'].sum()):,}")
        if known.empty:
            return self.t("strategy_models.past.neutral"), subtitle
        if outside.empty:
            return self.t("strategy_models.past.inside", n=len(known)), subtitle
        return self.t("strategy_models.past.outside", off=len(outside), n=len(known)), subtitle

    def score_note(self) -> str:
        """Say whether the score itself has shifted, and what that means."""
        rows = self.state.drift()
        score = rows[rows["feature"].eq("propensity")] if len(rows) else rows
        if score.empty:
            return ""
        row = score.iloc[0]
        key = "strategy_models.drift.score_moved"
        if row["level"] == "stable" or not row["exceeds"]:
            key = "strategy_models.drift.score_stable"
        return self.t(key, psi=locale.decimal(row["psi"], 3), critical=locale.decimal(row["critical"], 3))
