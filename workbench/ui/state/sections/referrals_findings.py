"""What the section on referrals says: its finding, the figures, the chart and the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.ui.state.parts import Heading, Kpi

if TYPE_CHECKING:
    from workbench.ui.state.sections.referrals import ReferralsState

STEPS = ("sent", "accepted", "worked", "won")


class ReferralsFindings:
    """Sentences and figures made of a section's state.

    Parameters
    ----------
    state : ReferralsState
        The section.
    """

    def __init__(self, state: ReferralsState) -> None:
        self.state = state

    def total(self, column: str) -> float | None:
        """Return a figure of the whole cycle, or None where it is hidden or missing."""
        whole = self.state.whole
        if whole.empty or self.state.hiding.hides_total(column):
            return None
        value = float(whole[column].iloc[0])
        return None if value != value else value

    def count(self, column: str) -> str:
        """Return a count of the whole cycle in words."""
        state = self.state
        if state.hiding.hides_total(column):
            return state.t("execution.hidden")
        value = self.total(column)
        return "–" if value is None else f"{int(value):,}"

    def rate(self) -> str:
        """Return the conversion with its interval, or a dash."""
        parts = [self.total(name) for name in ("rate", "rate_low", "rate_high")]
        if any(part is None for part in parts):
            return "–"
        shown = [locale.percent(part, places=0) for part in parts]
        return self.state.t("execution_referrals.rate", rate=shown[0], low=shown[1], high=shown[2])

    def heading(self) -> Heading:
        """Return how many of those settled were won."""
        state = self.state
        if state.whole.empty:
            key = (
                "execution_referrals.nothing.send"
                if state.may("contributor")
                else "execution_referrals.nothing.wait"
            )
            return Heading(state.t("execution_referrals.nothing.title"), state.t(key))
        won, settled, sent = (self.total(name) for name in ("won", "settled", "sent"))
        title = state.t("execution_referrals.title.neutral")
        if won is not None and settled:
            title = state.t(
                "execution_referrals.title.won",
                won=f"{int(won):,}",
                settled=f"{int(settled):,}",
                rate=locale.percent(won / settled, places=0),
            )
        elif sent is not None and not settled:
            title = state.t("execution_referrals.title.open", n=f"{int(sent):,}")
        subtitle = state.t(
            "execution_referrals.subtitle",
            n=self.count("sent"),
            cycle=state.project.cycle.cycle_id,
            at=locale.timestamp(state.looked_at),
        )
        if state.is_simulated:
            subtitle += " · " + state.t("execution_referrals.simulated")
        return Heading(title, subtitle)

    def kpis(self) -> list[Kpi]:
        """Return the way of the cycle's referrals, what they brought, and what lies too long."""
        state = self.state
        if state.whole.empty:
            return []
        days, overdue = self.total("days_to_accept"), self.total("overdue")
        amount = self.total("amount")
        t = state.t
        return [
            Kpi(
                t("execution_referrals.kpi.sent"),
                self.count("sent"),
                note=t("execution_referrals.kpi.sent_note", n=self.count("open")),
            ),
            Kpi(
                t("execution_referrals.kpi.accepted"),
                self.count("accepted"),
                note=""
                if days is None
                else t("execution_referrals.kpi.accepted_note", days=locale.decimal(days, 1)),
            ),
            Kpi(t("execution_referrals.kpi.won"), self.count("won"), note=self.rate()),
            Kpi(
                t("execution_referrals.kpi.amount"),
                "–" if amount is None else locale.money(amount, state.lang),
                note=t("execution_referrals.kpi.amount_note"),
                exact="" if amount is None else f"¥{amount:,.2f}",
            ),
            Kpi(
                t("execution_referrals.kpi.overdue"),
                self.count("overdue"),
                note=t("execution_referrals.kpi.overdue_note"),
                tone="warn" if overdue else "",
            ),
            Kpi(
                t("execution_referrals.kpi.back"),
                self.count("expired"),
                note=t("execution_referrals.kpi.back_note"),
            ),
        ]

    # The chart -----------------------------------------------------------------------

    def drawn(self) -> pd.DataFrame:
        """Return the kinds of which something was sent, as the chart takes them."""
        state = self.state
        table = state.hiding.apply("kind", state.tables["kind"])
        table = table[state.tables["kind"]["sent"].notna().to_numpy()]
        labels = state.labels()
        hidden = state.t("execution.hidden")
        rows = table[["kind", *STEPS]].assign(label=[labels.get(code, code) for code in table["kind"]])
        cells = rows[list(STEPS)].to_numpy()
        rows["shown"] = [" → ".join(hidden if n != n else f"{int(n):,}" for n in row) for row in cells]
        return rows.drop(columns="kind").reset_index(drop=True)

    def chart_title(self) -> tuple[str, str]:
        """Return the kind with the best conversion where the intervals say so, else a neutral title."""
        state = self.state
        table = state.hiding.apply("kind", state.tables["kind"]).dropna(subset="rate")
        subtitle = state.t("execution_referrals.chart.subtitle")
        if len(table) > 1:
            best = table.sort_values("rate_low").iloc[-1]
            others = table[table["kind"].ne(best["kind"])]
            if best["rate_low"] > others["rate_high"].max():
                label = state.labels()[best["kind"]]
                rate = locale.percent(best["rate"], places=0)
                return state.t("execution_referrals.chart.best", kind=label, rate=rate), subtitle
            return state.t("execution_referrals.chart.alike"), subtitle
        return state.t("execution_referrals.chart.neutral"), subtitle

    # The tables ----------------------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        """Return the table by kind or by sending unit, with its last row for all."""
        state, by = self.state, self.state.by
        table = state.hiding.apply(by, state.tables[by])
        labels = state.labels() if by == "kind" else {}
        rows = []
        for raw, row in zip(state.tables[by].to_dict("records"), table.to_dict("records"), strict=True):
            name = str(row[by])
            label = labels.get(name, name) or state.t("execution_referrals.table.no_unit")
            rows.append(self._row(label, raw, row))
        if len(rows) > 1 and not state.whole.empty:
            raw = state.whole.iloc[0].to_dict()
            shown = {str(k): float("nan") if state.hiding.hides_total(str(k)) else v for k, v in raw.items()}
            rows.append(self._row(state.t("execution_referrals.table.all"), raw, shown) | {"is_total": True})
        return rows

    def _row(self, label: str, raw: dict[Any, Any], row: dict[Any, Any]) -> dict[str, Any]:
        hidden = self.state.t("execution.hidden")

        def word(column: str, text: str) -> str:
            if row[column] == row[column]:
                return text
            return "–" if raw[column] != raw[column] else hidden

        def days(column: str) -> str:
            return word(column, locale.decimal(row[column], 1))

        counts = {
            name: word(name, "" if row[name] != row[name] else f"{int(row[name]):,}")
            for name in (*STEPS, "overdue", "expired")
        }
        ends = (locale.percent(row[name], places=0) for name in ("rate", "rate_low", "rate_high"))
        rate, low, high = ends
        return {
            "label": label,
            "is_total": False,
            **counts,
            "rate": word("rate", rate),
            "interval": word("rate", f"{low}–{high}"),
            "days_to_accept": days("days_to_accept"),
            "days_to_win": days("days_to_win"),
            "amount": word("amount", locale.money(row["amount"], self.state.lang)),
        }

    def credit(self) -> list[dict[str, Any]]:
        """Return what each unit was credited, as a sender and as a receiver, the most first."""
        state = self.state
        frame, hidden = state.credit, state.t("execution.hidden")
        units: dict[str, dict[str, Any]] = {}
        for row in frame.to_dict("records"):
            unit = units.setdefault(str(row["unit"]), {"sender": "–", "receiver": "–", "sum": 0.0})
            by = "from_unit" if row["side"] == "sender" else "to_unit"
            hides = state.hiding.is_hidden(by, str(row["unit"]), "won")
            unit[str(row["side"])] = hidden if hides else locale.money(row["amount"], state.lang)
            unit["sum"] += 0.0 if hides else float(row["amount"])
        ordered = sorted(units.items(), key=lambda item: (-item[1]["sum"], item[0]))
        none = state.t("execution_referrals.table.no_unit")
        return [{"unit": name or none, **cells} for name, cells in ordered]
