"""The tables behind the section on customers over time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.insight import feature_label, hide_small_cells

if TYPE_CHECKING:
    from workbench.ui.state.sections.customers import CustomersState

MESSAGE_PREFIXES = (
    "insight_versions.level.",
    "review_customers.by.",
    "review_customers.verdict.",
    "review_customers.bridge.",
)
SHOWN_FEATURES = 10
_SIGNS = {"stable": "✓", "watch": "!", "shifted": "✕"}
_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
_OUTSIDE = ("\0joined", "\0left")
_COMPONENTS = ("joined", "left", "moved_in", "moved_out")
_COUNTS = {"joined": "n_joined", "left": "n_left", "moved_in": "n_in", "moved_out": "n_out"}
_VERDICTS = {"fewer": "▾", "more": "▴", "open": "?", "no_control": "–", "neither": "–"}


def coarse(rate: float, n: int, minimum: int, end: str = "") -> float | None:
    """Return a rate rounded so far that no count under the smallest cell can be worked out.

    The ``"low"`` end of an interval is rounded down, the ``"high"`` one up.

    Examples
    --------
    >>> coarse(0.0813, 14_724, 11), coarse(0.0813, 300, 11), coarse(0.0813, 40, 11)
    (0.081, 0.1, None)
    >>> coarse(0.0813, 300, 11, "low"), coarse(0.08134, 300, 1)
    (0.05, 0.08134)
    """
    if minimum <= 1 or rate != rate:
        return rate
    step = next((each for each in _STEPS if each * n >= minimum), None)
    if step is None:
        return None
    turned = {"low": math.floor, "high": math.ceil}.get(end, round)
    return round(min(1.0, turned(round(rate / step, 6)) * step), 4)


class CustomersFigures:
    """The tables of one state of the section.

    Parameters
    ----------
    state : CustomersState
        Whose choices are in force.
    """

    def __init__(self, state: CustomersState) -> None:
        self._state = state
        self.t = state.t

    # The matrix ------------------------------------------------------------------

    def matrix_columns(self) -> list[dict[str, Any]]:
        """Return one column a part after: name, swatch, total."""
        state = self._state
        return [
            {"name": state.shown(p), "slot": state.slot(p), "total": self._figure(state.cell(None, p))}
            for p in state.order("after")
        ]

    def matrix_rows(self) -> list[dict[str, Any]]:
        """Return one row a part before: name, swatch, shaded cells, total; the chosen part alone."""
        state = self._state
        rows = []
        for before in state.order("before"):
            total = state.cell(before, None)
            cells = []
            for after in state.order("after"):
                found = state.cell(before, after)
                share = found["n"] / total["n"] if found and total and total["n"] else None
                mine = not state.part or state.part in (before, after)
                cells.append(
                    {
                        "text": self._figure(found),
                        "hidden": found is None,
                        # Nobody can have joined and left.
                        "none": before in _OUTSIDE and after in _OUTSIDE,
                        "stays": before == after,
                        "shade": _shade(share or 0.0),
                        "share": share,
                        "faint": not mine,
                        "exact": "" if found is None else self._exact(found),
                    }
                )
            rows.append(
                {
                    "name": state.shown(before),
                    "slot": state.slot(before),
                    "cells": cells,
                    "total": self._figure(total),
                }
            )
        return rows

    def everyone(self) -> str | None:
        """Return the grand total."""
        return self._figure(self._state.cell(None, None))

    def _figure(self, found: dict[str, Any] | None) -> str | None:
        if found is None:
            return None
        state = self._state
        if state.measure == "value":
            return locale.money(found["value_after"], state.lang) if found["n"] else "·"
        return locale.count(found["n"], state.lang) if found["n"] else "·"

    def _exact(self, found: dict[str, Any]) -> str:
        lang = self._state.lang
        return self.t(
            "review_customers.matrix.exact",
            n=f"{found['n']:,}",
            before=locale.money(found["value_before"], lang),
            after=locale.money(found["value_after"], lang),
        )

    # The money -------------------------------------------------------------------

    def value_row(self) -> dict[str, Any]:
        """Return what moved the money of the chosen part, or of all."""
        step = self._state.step
        assert step is not None
        rows = step.value(self._state.by)
        part = self._state.part
        mine = rows[rows["part"].eq(part)] if part else rows[rows["part"].isna()]
        return {str(name): value for name, value in mine.iloc[0].items()} if len(mine) else {}

    def bridge(self) -> pd.DataFrame:
        """Return the waterfall of the change: step, label, kind, begin, end, amount, shown.

        Ways that too few customers took stand together as "customers moving".
        """
        return self._state.once("bridge", self._bridge)

    def _bridge(self) -> pd.DataFrame:
        state, row = self._state, self.value_row()
        columns = ["step", "label", "kind", "begin", "end", "amount", "shown"]
        minimum = state.minimum
        if not row or any(0 < row[name] < minimum for name in ("n_before", "n_after")):
            return pd.DataFrame(columns=columns)
        signs = {"joined": 1, "left": -1, "moved_in": 1, "moved_out": -1}
        counts = [row[name] for name in _COUNTS.values()]
        changes: list[tuple[str, float]] = []
        if self.few_moved(row):
            # What they brought or took along would be single customers' money.
            changes.append(("unsplit", float(row["value_after"] - row["value_before"])))
        elif any(0 < count < minimum for count in counts):
            changes += [("customers", float(row["customers"])), ("balances", float(row["balances"]))]
        else:
            # Over all parts what moves in moves out of another.
            ways = _COMPONENTS if state.part else _COMPONENTS[:2]
            changes += [(name, signs[name] * float(row[name])) for name in ways if row[_COUNTS[name]]]
            changes.append(("balances", float(row["balances"])))
        at, rows = 0.0, []
        for name, amount in changes:
            rows.append((name, "up" if amount >= 0 else "down", at, at + amount, amount))
            at += amount
        whole = float(row["value_after"] - row["value_before"])
        rows.append(("total", "total", 0.0, whole, whole))
        frame = pd.DataFrame(rows, columns=["step", "kind", "begin", "end", "amount"])
        frame["label"] = [self.t(f"review_customers.bridge.{name}") for name in frame["step"]]
        frame["shown"] = [
            ("+" if amount > 0 else "") + locale.money(amount, state.lang) for amount in frame["amount"]
        ]
        return frame[columns]

    def few_moved(self, row: Any) -> bool:
        """Say whether so few joined, left or moved that their money may not stand alone."""
        # Over all parts, who moves between them brings and takes nothing.
        ways = list(_COUNTS.values()) if isinstance(row["part"], str) else ["n_joined", "n_left"]
        return 0 < sum(int(row[name]) for name in ways) < self._state.minimum

    def value_rows(self) -> list[dict[str, Any]]:
        """Return the money of every part: before, customers moving, balances changing, after."""
        state = self._state
        step = state.step
        assert step is not None
        rows = step.value(state.by)
        parts = rows[rows["part"].notna()].reset_index(drop=True)
        if parts.empty:
            return []
        figures = ["value_before", "customers", "balances", "value_after"]
        counted = parts[["n_before", "n_after"]].assign(moving=parts[list(_COUNTS.values())].sum(axis=1))
        smallest = counted.where(counted > 0).min(axis=1)
        counts = parts[["part", *figures]].assign(n=smallest.fillna(0).astype("int64"))
        shown = hide_small_cells(
            counts.astype(dict.fromkeys(figures, "float64")), state.minimum, by=("part",)
        )
        lang = state.lang
        return [
            {
                "name": state.shown(str(row["part"])),
                "slot": state.slot(str(row["part"])),
                "hidden": bool(row["hidden"]),
                "chosen": row["part"] == state.part and bool(state.part),
                **{
                    name: ("+" if row[name] > 0 and name in ("customers", "balances") else "")
                    + locale.money(row[name], lang)
                    for name in figures
                },
            }
            for row in shown.to_dict("records")
        ]

    # Churn and win-back ----------------------------------------------------------

    def rate(self, kind: str, part: str | None = None) -> dict[str, Any] | None:
        """Return a kind's rate of a part (None: of all) with its interval, as this reader may see it."""
        step = self._state.step
        assert step is not None
        rows = step.churn(self._state.by)
        mine = rows[rows["kind"].eq(kind) & (rows["part"].isna() if part is None else rows["part"].eq(part))]
        return None if mine.empty else self._seen({str(n): v for n, v in mine.iloc[0].items()})

    def _seen(self, row: dict[str, Any]) -> dict[str, Any] | None:
        minimum = self._state.minimum
        n, k = int(row["n"]), int(row["k"])
        few = any(0 < count < minimum for count in (k, n - k))
        if few or 0 < n < minimum:
            return None
        found = {name: coarse(float(row[name]), n, minimum, name) for name in ("rate", "low", "high")}
        if any(value is None for value in found.values()):
            return None
        return {**found, "n": n, "k": k}

    def rates(self) -> pd.DataFrame:
        """Return the rates to draw: kind, label, slot, rate, low, high, shown, faint."""
        return self._state.once("rates", self._rates)

    def _rates(self) -> pd.DataFrame:
        state = self._state
        step = state.step
        assert step is not None
        found = []
        for row in step.churn(state.by).to_dict("records"):
            part = row["part"]
            if pd.isna(part) or (state.part and part != state.part):
                continue
            seen = self._seen({str(name): value for name, value in row.items()})
            if seen is None or seen["rate"] != seen["rate"]:
                continue
            found.append(
                {
                    "kind": row["kind"],
                    "label": state.shown(str(part)),
                    "slot": state.slot(str(part)),
                    **{name: seen[name] for name in ("rate", "low", "high")},
                    "shown": self.t(
                        "review_customers.churn.shown",
                        rate=locale.percent(seen["rate"]),
                        low=locale.percent(seen["low"]),
                        high=locale.percent(seen["high"]),
                    ),
                }
            )
        columns = ["kind", "label", "slot", "rate", "low", "high", "shown"]
        frame = pd.DataFrame(found, columns=columns)
        return frame.sort_values(["kind", "rate"], ascending=[True, False], ignore_index=True)

    def n_hidden_rates(self, kind: str) -> int:
        """Return how many parts' rates this reader may not see."""
        step = self._state.step
        assert step is not None
        rows = step.churn(self._state.by)
        rows = rows[rows["kind"].eq(kind) & rows["part"].notna()]
        return sum(self._seen({str(n): v for n, v in r.items()}) is None for r in rows.to_dict("records"))

    def treated(self) -> list[dict[str, Any]]:
        """Return churn (or win-back) of treated and control of each strategy that had customers at risk."""
        state = self._state
        step = state.step
        assert step is not None
        if step.treated.empty:
            return []
        names = self._strategy_names(step.before)
        lang, minimum, rows = state.lang, state.minimum, []
        for row in step.treated[step.treated["verdict"].ne("nobody")].to_dict("records"):
            counts = [row["k_treated"], row["k_control"]]
            counts += [row["n_treated"] - row["k_treated"], row["n_control"] - row["k_control"]]
            hidden = any(0 < count < minimum for count in counts)
            verdict = "neither" if not row["k_treated"] + row["k_control"] else str(row["verdict"])
            rows.append(
                {
                    "id": row["strategy_id"],
                    "name": names.get(str(row["strategy_id"]), ""),
                    "kind": row["kind"],
                    "hidden": hidden,
                    "treated": locale.percent(row["rate_treated"]),
                    "control": locale.percent(row["rate_control"]),
                    "n": f"{row['n_treated']:,} / {row['n_control']:,}",
                    "difference": locale.points(row["difference"], lang)
                    if row["difference"] == row["difference"] and verdict != "neither"
                    else "–",
                    "interval": self.t(
                        "review_customers.treated.interval",
                        low=locale.points(row["ci_low"], lang, unit=False),
                        high=locale.points(row["ci_high"], lang, unit=False),
                    )
                    if row["ci_low"] == row["ci_low"] and verdict != "neither"
                    else "",
                    "sign": _VERDICTS[verdict],
                    "verdict": self.t(f"review_customers.verdict.{verdict}"),
                    "firm": verdict in ("fewer", "more"),
                }
            )
        return rows

    def _strategy_names(self, cycle_id: str) -> dict[str, str]:
        from workbench.strategy import translate_strategies

        cards = translate_strategies(
            self._state.project.at(cycle_id).strategy.launched_cards(), self._state.lang
        )
        return dict(zip(cards["strategy_id"].astype("str"), cards["name"].astype("str"), strict=True))

    # Stability -------------------------------------------------------------------

    def psi(self) -> pd.DataFrame:
        """Return the stability indices to draw: label, psi, critical, level, shown; the largest first."""
        return self._state.once("psi", self._psi)

    def _psi(self) -> pd.DataFrame:
        step = self._state.step
        assert step is not None
        rows = step.psi.head(SHOWN_FEATURES).copy()
        if rows.empty:
            return rows.assign(label=[], shown=[])
        rows["label"] = [self.feature(str(name)) for name in rows["feature"]]
        rows["shown"] = [
            " ".join([locale.decimal(psi, 3), _SIGNS[level], self.t(f"insight_versions.level.{level}")])
            for psi, level in zip(rows["psi"], rows["level"].astype("str"), strict=True)
        ]
        return rows

    def feature(self, name: str) -> str:
        """Return how this language calls what an index is about."""
        if name in ("segment", "lifecycle_stage"):
            return self.t(f"review_customers.by.{name}")
        label = feature_label(name, self._state.lang)
        return label[:1].upper() + label[1:]

    def index_of(self, name: str) -> dict[str, Any] | None:
        """Return the stability index of one column, or None."""
        step = self._state.step
        assert step is not None
        if step.psi.empty:
            return None
        rows = step.psi[step.psi["feature"].eq(name)]
        return {str(n): v for n, v in rows.iloc[0].items()} if len(rows) else None

    # What there is in a first cycle ----------------------------------------------

    def parts_now(self) -> pd.DataFrame:
        """Return this cycle's shares to draw: label, slot, share, shown; small parts are left out."""
        state = self._state
        rows = state.shares[state.shares["by"].eq(state.by)].reset_index(drop=True)
        if rows.empty:
            return pd.DataFrame(columns=["label", "slot", "share", "shown"])
        cells = rows[["part", "n"]]
        shown = hide_small_cells(cells, state.minimum, by=("part",))
        rows = rows.assign(hidden=shown["hidden"])
        whole = rows["n"].sum()
        kept = rows[~rows["hidden"]].sort_values("n", ascending=False)
        return pd.DataFrame(
            {
                "label": [state.shown(str(part)) for part in kept["part"]],
                "slot": [state.slot(str(part)) for part in kept["part"]],
                "share": kept["n"] / whole,
                "shown": [
                    f"{locale.count(n, state.lang)} · {locale.percent(n / whole, places=0)}"
                    for n in kept["n"]
                ],
            }
        ).reset_index(drop=True)


def _shade(share: float) -> int:
    """Return the step of the sequential scale, 1 to 6, for a share of the row."""
    return 1 + sum(share >= limit for limit in (0.02, 0.08, 0.2, 0.4, 0.7)) if math.isfinite(share) else 1
