"""The sentences, key figures and rows of the pace: made of the figures on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.execution import state_limit_alert
from workbench.execution.control_limits import MEASURED_FALSE_ALARMS
from workbench.execution.limit_lines import RUN
from workbench.ui.state.parts import Button, Heading, Kpi

if TYPE_CHECKING:
    from workbench.ui.state.sections.pace import PaceState

MESSAGE_PREFIXES = (
    "execution_pace_page.by.",
    "execution_pace_page.measure.",
    "execution_pace_page.quiet.",
    "execution_pace_page.do.",
    "execution_pace_page.chart_title.",
    "execution_pace_page.chart_about.",
    "execution_pace_page.watch.",
)
FEW = 12
"""Rows of the bars; the table has them all."""
ALERTS = 8
"""Open alerts that are told before the others are folded away."""


class PaceFindings:
    """Titles, key figures and rows of one state of the section.

    Parameters
    ----------
    state : PaceState
        Whose figures are put into words.
    """

    def __init__(self, state: PaceState) -> None:
        self._state = state
        self.t = state.t

    # The page ------------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return how many strategies are outside their limits, and how far contacts are from plan."""
        state = self._state
        said = self.t("execution.button.comments", n=state.screen.comment_count())
        buttons = (Button("comments", said),)
        if not state.is_ready:
            title, subtitle = self.t("execution.nothing.title"), self.t("execution.nothing.subtitle")
            return Heading(title, subtitle, buttons)
        alerts = state.alerts()
        outside = alerts.loc[alerts["is_open"], "member"].nunique()
        all_n = len(state.execution.kept_ids())
        pace = state.whole().get("pace")
        key = "none" if not outside else "one" if outside == 1 else "some"
        values: dict[str, Any] = {"n": outside, "all": all_n}
        if outside == 1:
            values["name"] = self.member(str(alerts.loc[alerts["is_open"], "member"].iloc[0]))
        title = self.t(_TITLES[key], **values)
        if pace is not None and pace == pace:
            title = self.t(
                "execution_pace_page.title.both", limits=title, share=locale.percent(pace, places=0)
            )
        return Heading(title, self._subtitle(), buttons)

    def _subtitle(self) -> str:
        state = self._state
        parts = [self.t("execution_pace_page.subtitle")]
        if not state.sees_all:
            parts.append(self.t("execution_pace_page.viewer", minimum=state.execution.minimum))
        parts.append(self.t("execution.subtitle.day", day=locale.date(state.execution.today, state.lang)))
        return " · ".join(parts)

    # Key figures ---------------------------------------------------------------------

    def kpis(self) -> list[Kpi]:
        """Return contacts against plan, capacity, responses, refusals, and open alerts."""
        row = self._state.whole()
        if not row:
            return []
        return [
            self._pace(row),
            self._capacity(row),
            self._rate("rate", row, row.get("plan")),
            self._rate("refusal_rate", row, None),
            self._open(),
        ]

    def _pace(self, row: dict[str, Any]) -> Kpi:
        lang = self._state.lang
        label = self.t("execution_pace_page.kpi.pace")
        if row["contacted"] != row["contacted"] or row["due"] != row["due"]:
            return Kpi(label, self.t("execution.hidden"))
        note = self.t(
            "execution_pace_page.kpi.of_due",
            made=locale.count(row["contacted"], lang),
            due=locale.count(row["due"], lang),
        )
        return Kpi(label, locale.percent(row["pace"], places=0), note=note)

    def _capacity(self, row: dict[str, Any]) -> Kpi:
        label = self.t("execution_pace_page.kpi.capacity")
        note = self.t("execution_pace_page.kpi.no_minutes")
        if row["capacity"] == row["capacity"]:
            note = self.t(
                "execution_pace_page.kpi.hours",
                used=locale.decimal(row["minutes"] / 60, 1),
                all=locale.decimal(row["capacity"] / 60, 1),
            )
        elif row["capacity_used"] == row["capacity_used"]:
            note = self.t("execution_pace_page.kpi.of_planned")
        return Kpi(label, locale.percent(row["capacity_used"], places=0), note=note)

    def _rate(self, name: str, row: dict[str, Any], plan: float | None) -> Kpi:
        label = self.t(
            "execution_pace_page.kpi.rate" if name == "rate" else "execution_pace_page.kpi.refusals"
        )
        parts = []
        low, high = row[f"{name.removesuffix('_rate')}_low"], row[f"{name.removesuffix('_rate')}_high"]
        if low == low:
            parts.append(
                self.t(
                    "execution_pace_page.kpi.interval",
                    low=locale.percent(low, places=1),
                    high=locale.percent(high, places=1),
                )
            )
        if plan is not None and plan == plan:
            parts.append(self.t("execution_pace_page.kpi.plan", plan=locale.percent(plan, places=1)))
        shown = locale.percent(row[name], places=1 if self._state.sees_all else 0)
        return Kpi(label, shown, note=" · ".join(parts))

    def _open(self) -> Kpi:
        alerts = self._state.alerts()
        n = int(alerts["is_open"].sum())
        days, expected = self._state.expected_alarms()
        note = self.t("execution_pace_page.kpi.by_chance", n=locale.decimal(expected, 1), days=f"{days:,}")
        return Kpi(self.t("execution_pace_page.kpi.alerts"), str(n), note=note, tone="warn" if n else "")

    # Plan against actual ---------------------------------------------------------------

    def member(self, member: str) -> str:
        """Return a strategy's number and name."""
        rows = self._state.execution.progress_rows
        found = rows.loc[rows["strategy_id"].eq(member), "name"]
        return f"{member} {found.iloc[0]}" if len(found) else member

    def _label(self, row: dict[str, Any]) -> str:
        by, lang = self._state.by, self._state.lang
        if by == "day":
            last = locale.date(row["day"].date(), lang)
            first = row.get("first")
            if first is None or first == row["day"]:
                return last
            return self.t("execution_pace_page.days", first=locale.date(first.date(), lang), last=last)
        if by == "strategy":
            return self.member(row["member"])
        if by == "channel":
            return self._state.execution.channel_name(row["member"])
        return row["member"] or self.t("execution_pace_page.nobody")

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the table, in words."""
        state = self._state
        alerts = state.alerts()
        counts = alerts.loc[alerts["is_open"], "member"].value_counts()
        progress = state.execution.progress_rows
        slots = dict(zip(progress["strategy_id"], progress["slot"], strict=True))
        found = []
        for row in state.rows().to_dict("records"):
            member = str(row.get("member", ""))
            is_strategy = state.by == "strategy"
            found.append(
                {
                    "member": member,
                    "label": self._label({str(name): value for name, value in row.items()}),
                    "slot": int(slots.get(member, 0)) if is_strategy else None,
                    "due": self._count(row["due"]),
                    "contacted": self._count(row["contacted"]),
                    "gap": "" if row["gap"] != row["gap"] else _signed(row["gap"]),
                    "pace": locale.percent(row["pace"], places=0),
                    "capacity": locale.percent(row.get("capacity_used"), places=0),
                    "refusals": self._share(row, "refusal_rate", "refusal"),
                    "rate": self._share(row, "rate", "rate"),
                    "plan": locale.percent(row.get("plan"), places=1),
                    "alerts": int(counts.get(member, 0)) if is_strategy else 0,
                }
            )
        return found

    def _count(self, value: float) -> str:
        if value == value:
            return f"{value:,.0f}"
        return "" if self._state.sees_all else self.t("execution.hidden")

    def _share(self, row: dict[Any, Any], name: str, ends: str) -> str:
        value = row.get(name)
        if value is None or value != value:
            few = not self._state.sees_all and row["contacted"] != 0
            return self.t("execution.hidden") if few else "–"
        if row[f"{ends}_low"] != row[f"{ends}_low"]:
            return locale.percent(value, places=0)
        return self.t(
            "execution_pace_page.table.interval",
            share=locale.percent(value, places=1),
            low=locale.percent(row[f"{ends}_low"], places=1),
            high=locale.percent(row[f"{ends}_high"], places=1),
        )

    def drawn(self) -> pd.DataFrame:
        """Return the bars: label, contacted, due, and the figures in words; the furthest behind first."""
        return self._state.execution.once("pace.bars", self._drawn, self._state.by, self._state.lang)

    def _drawn(self) -> pd.DataFrame:
        state = self._state
        rows = state.rows()
        known = rows["contacted"].notna()
        figures = [
            self.t("execution_pace_page.of", made=f"{made:,.0f}", due=f"{due:,.0f}")
            if due == due
            else f"{made:,.0f}"
            for made, due in zip(rows["contacted"], rows["due"], strict=True)
        ]
        labels = [
            self._label({str(name): value for name, value in row.items()}) for row in rows.to_dict("records")
        ]
        table = rows[["contacted", "due"]].astype("float64").assign(label=labels, figures=figures)
        return table[known].head(FEW).reset_index(drop=True)

    def plan_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of plan against actual."""
        state = self._state
        rows = state.rows()
        subtitle = self.t(f"execution_pace_page.by.{state.by}")
        if not state.sees_all and state.by != "strategy":
            subtitle += " · " + self.t("execution_pace_page.all_lists")
        if state.by != "day" and int(rows["contacted"].notna().sum()) > FEW:
            subtitle += " · " + self.t("execution_pace_page.few", n=FEW, all=len(rows))
        known = rows.dropna(subset=["gap"])
        if state.by in ("person", "day") or known.empty or known["gap"].min() > -1:
            return self.t("execution_pace_page.plan.neutral"), subtitle
        row = {str(name): value for name, value in known.nsmallest(1, "gap").iloc[0].items()}
        return (
            self.t("execution_pace_page.plan.behind", name=self._label(row), n=f"{-row['gap']:,.0f}"),
            subtitle,
        )

    # The control chart -----------------------------------------------------------------

    def chart_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the control chart."""
        state = self._state
        name = self.member(state.current())
        about = self.t(f"execution_pace_page.chart_about.{state.measure}")
        points = state.points()
        if points.empty:
            return self.t(f"execution_pace_page.chart_title.{state.measure}", name=name), about
        outside, in_run = int(points["is_alarm"].sum()), int(points["in_run"].sum())
        values = {"name": name, "measure": self.t(f"execution_pace_page.watch.{state.measure}")}
        if outside:
            title = self.t("execution_pace_page.outside", n=outside, all=len(points), **values)
        elif in_run:
            title = self.t("execution_pace_page.in_run", n=in_run, **values)
        else:
            title = self.t("execution_pace_page.inside", all=len(points), **values)
        return title, about + " " + self.t("execution_pace_page.run", n=RUN)

    # Alerts ----------------------------------------------------------------------------

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts as sentences, each with what to do and where."""
        state = self._state
        scripts = "scripts" in state.screen.homes
        found = []
        for row in state.alerts().to_dict("records"):
            member, chart = str(row["member"]), str(row["chart"])
            found.append(
                {
                    "member": member,
                    "chart": chart,
                    "sentence": self._sentence({str(n): v for n, v in row.items()}),
                    "do": self.t(f"execution_pace_page.do.{chart}"),
                    "is_open": bool(row["is_open"]),
                    "until": locale.date(row["until"].date(), state.lang),
                    "scripts": scripts and chart in _ABOUT_WORDS,
                    "work": chart not in _ABOUT_WORDS,
                }
            )
        return found

    def _sentence(self, row: dict[str, Any]) -> str:
        state = self._state
        name = self.member(str(row["member"]))
        if state.sees_all:
            return state_limit_alert(row, name, state.lang)
        since = locale.date(row["since"].date(), state.lang)
        return self.t(f"execution_pace_page.quiet.{row['chart']}", name=name, since=since)

    def rarity(self) -> str:
        """Return how many of these alerts are to be expected where nothing is wrong."""
        days, expected = self._state.expected_alarms()
        return self.t(
            "execution_pace_page.rarity",
            measured=locale.decimal(MEASURED_FALSE_ALARMS, 2),
            days=f"{days:,}",
            n=locale.decimal(expected, 1),
        )


_TITLES = {
    "none": "execution_pace_page.title.none",
    "one": "execution_pace_page.title.one",
    "some": "execution_pace_page.title.some",
}
# What a script may be the cause of.
_ABOUT_WORDS = ("refusals", "responses", "refusal_drift", "response_drift")


def _signed(value: float) -> str:
    return locale.signed(value, 0) if abs(value) >= 0.5 else "0"
