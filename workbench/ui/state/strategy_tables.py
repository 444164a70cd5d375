"""The strategy screen's tables: figures put into rows, in the reader's language."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.insight import hide_small_cells
from workbench.strategy import (
    Propensity,
    explain_refusals,
    gate_label,
    translate_strategies,
    value_lists,
)
from workbench.tables import LIFECYCLE_STAGES, mask_identifier

if TYPE_CHECKING:
    from workbench.ui.state.strategy import StrategyState

MEMBERS = 6
MESSAGE_PREFIXES = ("strategy.arm.",)
RANKED = 12
FIRM = 0.6
"""A rank that holds under a smaller share of sampled weights is marked as loose."""
# Share of the largest cell's balance at which the next shade begins.
_SHADES = (0.03, 0.12, 0.3, 0.55, 0.85)


class StrategyTables:
    """Rows for the templates and charts of one state of the screen.

    Parameters
    ----------
    state : StrategyState
        Whose figures are shown.
    """

    def __init__(self, state: StrategyState) -> None:
        self._state = state

    # Words -----------------------------------------------------------------------

    def segments(self) -> dict[str, tuple[str, int]]:
        """Return each segment's shown name and colour slot."""
        segmentation = self._state.segmentation
        if segmentation is None:
            return {}
        found = {}
        for row in segmentation.segments.to_dict("records"):
            chinese = row.get("segment_zh") if self._state.lang == "zh_CN" else ""
            shown = chinese if isinstance(chinese, str) and chinese else row["segment"]
            found[str(row["segment"])] = (str(shown), int(row["slot"]))
        return found

    def segment(self, name: str) -> tuple[str, int]:
        """Return a segment's shown name and slot; unknown ones keep their name, in grey."""
        return self.segments().get(name, (name, 0))

    def cards(self) -> pd.DataFrame:
        """Return the cards in the screen's language."""
        state = self._state
        return state.once(f"cards {state.lang}", lambda: translate_strategies(state.cards, state.lang))

    def names(self) -> dict[str, str]:
        """Return strategy_id → shown name."""
        cards = self.cards()
        return dict(zip(cards["strategy_id"], cards["name"], strict=True))

    def changed_cards(self) -> list[str]:
        """Return the strategies whose cards were changed after the plan was approved."""
        state = self._state
        if state.plan is None or state.cards.empty:
            return []
        later = pd.to_datetime(state.cards["updated_at"]) > pd.Timestamp(state.plan.approved_at)
        unplanned = ~state.cards["strategy_id"].isin(set(state.plan.criteria["strategy_id"]))
        return list(state.cards.loc[(later | unplanned).to_numpy(), "strategy_id"])

    # Map -------------------------------------------------------------------------

    def stages(self) -> list[tuple[str, str]]:
        """Return the map's columns as (stage, shown)."""
        present = set(self._state.cells()["lifecycle_stage"])
        order = [stage for stage in (*LIFECYCLE_STAGES, "unknown") if stage in present]
        return [(stage, self._state.word("stage", stage)) for stage in order]

    def shown_cells(self) -> pd.DataFrame:
        """Return the map with small cells hidden, and those that would give them away."""
        state = self._state
        return state.once(
            "shown_cells", lambda: hide_small_cells(state.cells(), minimum=state.project.settings.small_cell)
        )

    def map_rows(self) -> list[dict[str, Any]]:
        """Return the map's rows: swatch, name, shaded cells with their strategies and flags."""
        state = self._state
        cells = state.cells()
        if cells.empty:
            return []
        shown = self.shown_cells()
        counted = "balance" if cells["balance"].notna().any() else "n"
        largest = float(shown[counted].max()) if shown[counted].notna().any() else 0.0
        rows = []
        over = state.flags.overloaded_segments()
        for number, (segment, mine) in enumerate(shown.groupby("segment", sort=False)):
            name, slot = self.segment(str(segment))
            found = [self._cell(number, row, counted, largest) for row in mine.to_dict("records")]
            line = {"segment": segment, "name": name, "slot": slot, "over": over.get(str(segment), "")}
            rows.append({**line, "cells": found})
        return rows

    def _cell(self, number: int, row: dict[Any, Any], counted: str, largest: float) -> dict[str, Any]:
        hidden = bool(row["hidden"])
        key = f"{number}:{row['lifecycle_stage']}"
        share = 0.0 if hidden or not largest else float(row[counted]) / largest
        return {
            "key": key,
            "hidden": hidden,
            "segment": row["segment"],
            "stage": row["lifecycle_stage"],
            "n": None if hidden else int(row["n"]),
            "balance": None if hidden else row["balance"],
            "has_balance": counted == "balance",
            "shade": 1 + sum(share >= limit for limit in _SHADES),
            "ids": [part for part in row["strategy_ids"].split(",") if part],
            "flag": row["flag"],
            "clashing": row.get("clashing_ids", ""),
            "value": row["value"] if row.get("value") == row.get("value") else None,
            "selected": key == self._state.cell,
        }

    def drill(self) -> dict[str, Any] | None:
        """Return what the chosen cell holds: its figures, strategies and, for analysts, customers."""
        state = self._state
        found = [cell for row in self.map_rows() for cell in row["cells"] if cell["selected"]]
        if not found or found[0]["hidden"]:
            return None
        cell = found[0]
        name, slot = self.segment(cell["segment"])
        cards = self.cards()
        mine = [row for row in self.card_rows(cards) if row["id"] in cell["ids"]]
        return {
            **cell,
            "name": name,
            "slot": slot,
            "shown_stage": state.word("stage", cell["stage"]),
            "strategies": [{**row, "list": self._list_of(row["id"])} for row in mine],
            "conflicts": state.flags.conflicts(cell["segment"], cell["stage"], cell["n"]),
            "members": self._members(cell) if state.may("analyst") else [],
        }

    def _list_of(self, strategy_id: str) -> str:
        """Return the launched list of a strategy in words, with its hash."""
        state = self._state
        listed = state.lists[state.lists["strategy_id"].eq(strategy_id)] if len(state.lists) else state.lists
        if listed.empty:
            return state.t("strategy_objectives.map.unlisted")
        row = listed.iloc[-1]
        said = state.t(
            "strategy_objectives.map.list", list=row["list_id"], n=locale.count(row["n"], state.lang)
        )
        return f"{said} · {str(row['sha256'])[:8]}"

    def _members(self, cell: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the cell's customers whose score, or balance, is highest; masked."""
        state = self._state
        rows = state.customers
        stage = rows["lifecycle_stage"].fillna("unknown") if "lifecycle_stage" in rows else "unknown"
        mine = rows[rows["segment"].eq(cell["segment"]) & (stage == cell["stage"])]
        if state.priced is not None:
            listed = state.priced[["customer_id", "strategy_id", "propensity", "arm", "score"]]
            mine = mine.merge(listed, on="customer_id", how="left")
        order = [name for name in ("score", "balance_total") if name in mine]
        if order:
            mine = mine.sort_values(order, ascending=False, kind="stable", na_position="last")
        return [self._member(row) for row in mine.head(MEMBERS).to_dict("records")]

    def _member(self, row: dict[Any, Any]) -> dict[str, Any]:
        arm = row.get("arm")
        listed = isinstance(arm, str)
        return {
            "id": mask_identifier(row["customer_id"]),
            "age": row.get("age"),
            "tenure": float(row.get("tenure", float("nan"))) / 12,
            "balance": row.get("balance_total"),
            "strategy": row["strategy_id"] if listed else "",
            "propensity": row.get("propensity") if listed else None,
            "arm": self._state.t(f"strategy.arm.{arm}") if listed else "",
        }

    # Ranking and gates -----------------------------------------------------------

    def ranking(self) -> pd.DataFrame:
        """Return the ranking for the chart: names, bars, intervals and words, best first."""
        state = self._state
        ranked = state.ranking().head(RANKED)
        names, money = self.names(), state.lang
        listed = [names.get(i, n) for i, n in zip(ranked["strategy_id"], ranked["name"], strict=True)]
        return pd.DataFrame(
            {
                "strategy_id": ranked["strategy_id"],
                "label": [
                    f"{rank}  {i} {name}"
                    for rank, i, name in zip(ranked["rank"], ranked["strategy_id"], listed, strict=True)
                ],
                "slot": [self.segment(str(segment))[1] for segment in ranked["segment"]],
                "expected_value": ranked["expected_value"],
                "expected_value_low": ranked["expected_value_low"],
                "expected_value_high": ranked["expected_value_high"],
                "shown": [locale.money(value, money) for value in ranked["expected_value"]],
                "score": [locale.decimal(value) for value in ranked["score"]],
                "keeps": [locale.percent(value, places=0) for value in ranked["rank_stability"]],
                "loose": ranked["rank_stability"] < FIRM,
                "move": [
                    self._move(now, planned)
                    for now, planned in zip(ranked["rank"], ranked["planned_rank"], strict=True)
                ],
            }
        )

    @staticmethod
    def _move(now: int, planned: float) -> str:
        if planned != planned or now == planned:
            return ""
        return f"↑{int(planned - now)}" if now < planned else f"↓{int(now - planned)}"

    def gates(self) -> pd.DataFrame:
        """Return the gates for the chart: ``label``, ``n``, ``shown``, ``lost`` in words, ``last``.

        The first bar is everybody in reach; the last follows the slider.
        """
        state = self._state
        assert state.funnel is not None
        steps = state.funnel.copy()
        if state.capacity is not None:
            steps.loc[steps["gate"].eq("capacity"), ["n_out", "applied"]] = [state.capacity, True]
        rows = []
        for step in steps.to_dict("records"):
            first, last = step["gate"] == "segment", step["gate"] == "capacity"
            if not step["applied"] and not last:
                continue
            lost = 0 if first else int(step["n_in"] - step["n_out"])
            label = state.t("strategy.gates.reach") if first else gate_label(step["gate"], state.lang)
            rows.append(
                {
                    "gate": step["gate"],
                    "label": state.t("strategy.gates.listed") if last else label,
                    "n": int(step["n_out"]),
                    "lost_n": lost,
                    "shown": locale.count(step["n_out"], state.lang),
                    "lost": f"−{locale.count(lost, state.lang)}" if lost else "",
                    "last": last,
                }
            )
        return pd.DataFrame(rows)

    def channels(self) -> list[dict[str, Any]]:
        """Return what the lists ask of each channel at the capacity of the slider."""
        state = self._state
        if state.priced is None:
            return []
        listed = state.listed().merge(
            state.priced[["strategy_id", "channel"]].drop_duplicates(), on="strategy_id"
        )
        found = []
        for channel, mine in listed.groupby("channel", sort=True):
            minutes = mine["minutes"].sum(min_count=1)
            found.append(
                {
                    "channel": state.word("channel", channel),
                    "contacts": int(mine["contacts"].sum()),
                    "hours": minutes / 60 if minutes == minutes else None,
                    "cost": float(mine["cost"].sum()),
                }
            )
        return sorted(found, key=lambda row: -row["contacts"])

    # Cards and lists -------------------------------------------------------------

    def card_rows(self, cards: pd.DataFrame | None = None) -> list[dict[str, Any]]:
        """Return one row a strategy, in the order of the cards."""
        state = self._state
        criteria = state.plan.criteria.set_index("strategy_id") if state.plan is not None else pd.DataFrame()
        n_listed = (
            dict(zip(state.lists["strategy_id"], state.lists["n"], strict=True)) if len(state.lists) else {}
        )
        rows: list[dict[str, Any]] = []
        for card in (self.cards() if cards is None else cards).to_dict("records"):
            strategy_id = card["strategy_id"]
            name, slot = self.segment(card["segment"])
            promised = criteria.loc[strategy_id] if strategy_id in criteria.index else {}
            stages = [s.strip() for s in str(card["lifecycle_stages"] or "").split(",") if s.strip()]
            rows.append(
                {
                    **{str(key): value for key, value in card.items()},
                    "id": strategy_id,
                    "segment_name": name,
                    "slot": slot,
                    "stages": [state.word("stage", stage) for stage in stages],
                    "offer_name": state.word("offer", card["offer"]),
                    "channel_name": state.word("channel", card["channel"]),
                    "scenario_name": state.word("scenario", card["scenario"]),
                    "reach": promised.get("n"),
                    "worth": promised.get("expected_value"),
                    "low": promised.get("expected_value_low"),
                    "high": promised.get("expected_value_high"),
                    "response": promised.get("response"),
                    "listed": n_listed.get(strategy_id),
                    "chosen": strategy_id == state.chosen,
                    "dates": self._dates(card),
                }
            )
        return rows

    def _dates(self, card: dict[Any, Any]) -> str:
        ends = [card["starts_on"], card["ends_on"]]
        if all(pd.isna(end) for end in ends):
            return ""
        lang = self._state.lang
        return " – ".join("…" if pd.isna(end) else locale.date(end, lang) for end in ends)

    def card(self) -> dict[str, Any] | None:
        """Return the chosen strategy's row."""
        return next((row for row in self.card_rows() if row["chosen"]), None)

    def list_rows(self) -> list[dict[str, Any]]:
        """Return the launched lists, each with what it promises."""
        state = self._state
        if state.lists.empty:
            return []
        worth = {}
        if state.priced is not None:
            valued = value_lists(state.priced, evidence=state.evidence())
            worth = {row["strategy_id"]: row for row in valued.to_dict("records")}
        names = self.names()
        rows: list[dict[str, Any]] = []
        for row in state.lists.to_dict("records"):
            known = worth.get(row["strategy_id"], {})
            segment = state.cards.loc[state.cards["strategy_id"].eq(row["strategy_id"]), "segment"]
            rows.append(
                {
                    **{str(name): value for name, value in row.items()},
                    "shown_name": names.get(row["strategy_id"], row["name"]),
                    "slot": self.segment(str(segment.iloc[0]))[1] if len(segment) else 0,
                    "share": row["n_control"] / row["n"] if row["n"] else None,
                    "worth": known.get("expected_value"),
                    "low": known.get("expected_value_low"),
                    "high": known.get("expected_value_high"),
                }
            )
        return rows

    # Models ----------------------------------------------------------------------

    def models(self) -> list[dict[str, Any]]:
        """Return the plan's propensity models, one a learned offer, the card's own first."""
        state = self._state
        if state.plan is None:
            return []
        found: dict[str, dict[str, Any]] = {}
        for strategy_id, stored in state.plan.models.items():
            key = json.dumps(stored["figures"], sort_keys=True)
            if key not in found:
                model = state.once(f"model {key}", lambda: Propensity.from_json(json.dumps(stored)))  # noqa: B023
                offer = state.word("offer", model.offer_) if model.offer_ else ""
                found[key] = {"model": model, "offer": offer, "ids": []}
            found[key]["ids"].append(strategy_id)
        rows = list(found.values())
        return sorted(rows, key=lambda row: state.chosen not in row["ids"])

    def refused(self) -> list[dict[str, str]]:
        """Return the columns that the first model refused, with reasons in the reader's language."""
        models = self.models()
        if not models:
            return []
        refused = explain_refusals(models[0]["model"].refused_, self._state.lang)
        return [{"column": str(row.column), "reason": str(row.reason)} for row in refused.itertuples()]
