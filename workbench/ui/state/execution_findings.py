"""The execution screen's sentences: made of the figures on screen, never claimed beyond them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from workbench import locale
from workbench.execution.pace import TOLERANCE
from workbench.ui.state.parts import Kpi

if TYPE_CHECKING:
    from workbench.ui.state.execution import ExecutionState

Sentences = tuple[str, str]


class ExecutionFindings:
    """Titles and key figures of one state of the screen.

    Parameters
    ----------
    state : ExecutionState
        Whose figures are put into words.
    """

    def __init__(self, state: ExecutionState) -> None:
        self._state = state
        self.t = state.t

    # The page --------------------------------------------------------------------

    def title(self) -> str:
        """Return the page's title."""
        state = self._state
        rows = state.rows()
        if rows.empty:
            return self.t("execution.title.none_left")
        made, share = state.total("contacted"), state.share("contacted", "treatment")
        if share is None:
            return self.t("execution.title.neutral")
        if made == 0:
            return self.t("execution.title.nobody", n=self._n(state.total("treatment")))
        return self.t(
            "execution.title.ended" if self._has_ended() else "execution.title.running",
            share=locale.percent(share, places=0),
            pace=self._pace(rows),
        )

    def _pace(self, rows: pd.DataFrame) -> str:
        behind = rows[rows["pace"] == "behind"]
        if behind.empty:
            return self.t("execution.title.on_plan")
        if len(behind) == 1:
            return self.t("execution.title.one_behind", strategy=behind["strategy_id"].iloc[0])
        return self.t("execution.title.some_behind", n=len(behind), all=len(rows))

    def _has_ended(self) -> bool:
        end = self._state.dates()[1]
        return end is not None and self._state.today >= end

    def subtitle(self) -> str:
        """Return what the finding rests on."""
        state = self._state
        parts = [
            self.t("execution.subtitle.one_list")
            if len(state.rows()) == 1
            else self.t("execution.subtitle.lists", n=len(state.rows())),
            self.t("execution.subtitle.customers", n=self._exact(state.total("listed"))),
            self.t("execution.subtitle.control", n=self._exact(state.total("control"))),
            self.t("execution.subtitle.day", day=locale.date(state.today, state.lang)),
        ]
        return " · ".join(parts)

    def tags(self) -> list[tuple[str, str]]:
        """Return what says whether the control is still one, as (text, tone)."""
        n = self._state.total("control_contacted")
        if n is None:
            return []
        if n:
            return [(self.t("execution.tag.contaminated", n=self._n(n)), "x")]
        return [(self.t("execution.tag.clean"), "g")]

    # Key figures -----------------------------------------------------------------

    def kpis(self) -> list[Kpi]:
        """Return listed, contacted, reached, responded, held back, and the days left."""
        return [
            self._listed(),
            self._contacted(),
            self._reached(),
            self._responded(),
            self._control(),
            self._days_left(),
        ]

    def _listed(self) -> Kpi:
        total = self._state.total("listed")
        return Kpi(
            self.t("execution.kpi.listed"),
            self._n(total),
            note=self.t("execution.kpi.to_contact", n=self._n(self._state.total("treatment"))),
            exact=self._exact(total),
        )

    def _contacted(self) -> Kpi:
        state = self._state
        made, due = state.total("contacted"), state.total("due")
        note, is_behind = "", False
        if made is not None and due is not None:
            is_behind = made < due * (1 - TOLERANCE)
            gap = abs(made - due)
            key = "execution.kpi.fewer" if made < due else "execution.kpi.more"
            note = ("! " if is_behind else "") + self.t(
                key if gap else "execution.kpi.as_due", n=self._n(gap)
            )
        return Kpi(
            self.t("execution.kpi.contacted"),
            locale.percent(state.share("contacted", "treatment"), places=0),
            unit=self._n(made) if made is not None else "",
            note=note,
            tone="warn" if is_behind else "",
            exact=self._exact(made),
        )

    def _reached(self) -> Kpi:
        state = self._state
        total = state.total("reached")
        return Kpi(
            self.t("execution.kpi.reached"),
            locale.percent(state.share("reached", "contacted"), places=0),
            unit=self._n(total) if total is not None else "",
            note=self.t("execution.kpi.of_contacted"),
            exact=self._exact(total),
        )

    def _responded(self) -> Kpi:
        state = self._state
        total = state.total("responded")
        rate, plan = state.share("responded", "contacted"), state.share("expected", "contacted")
        note = ""
        if rate is not None:
            note = self.t(
                "execution.kpi.rate", rate=locale.percent(rate, places=1), plan=locale.percent(plan, places=1)
            )
        return Kpi(self.t("execution.kpi.responded"), self._n(total), note=note, exact=self._exact(total))

    def _control(self) -> Kpi:
        state = self._state
        total, touched = state.total("control"), state.total("control_contacted")
        note = ""
        if touched is not None:
            key = "execution.kpi.touched" if touched else "execution.kpi.untouched"
            note = self.t(key, n=self._n(touched))
        return Kpi(
            self.t("execution.kpi.control"),
            self._n(total),
            note=note,
            tone="bad" if touched else "",
            exact=self._exact(total),
        )

    def _days_left(self) -> Kpi:
        state = self._state
        start, end = state.dates()
        label = self.t("execution.kpi.days_left")
        if end is None:
            return Kpi(label, locale.percent(None), note=self.t("execution.kpi.no_end"))
        if start is not None and state.today < start:
            key, day = "execution.kpi.starts", start
        else:
            key, day = ("execution.kpi.ended" if self._has_ended() else "execution.kpi.until"), end
        left = max((end - state.today).days, 0)
        return Kpi(label, str(left), note=self.t(key, day=locale.date(day, state.lang)))

    # Charts ----------------------------------------------------------------------

    def progress_title(self) -> Sentences:
        """Return the title and the subtitle of the lists' bars."""
        state = self._state
        subtitle = self.t(
            "execution.progress.subtitle",
            n=self._exact(state.total("treatment")),
            day=locale.date(state.today, state.lang),
        )
        rows = state.rows().dropna(subset=["contacted", "contact_rate"])
        late = rows[rows["pace"] == "behind"]
        if late.empty:
            return self.t("execution.progress.neutral"), subtitle
        row = late.iloc[(late["contacted"] / late["due"]).argmin()]
        key = "execution.progress.title"
        values = {
            "strategy": f"{row['strategy_id']} {row['name']}",
            "share": locale.percent(row["contact_rate"], places=0),
            "due": locale.percent(row["due"] / row["treatment"], places=0),
        }
        return self.t(key, **values), subtitle

    def days_title(self) -> Sentences:
        """Return the title and the subtitle of the days."""
        state = self._state
        days = state.days()
        title = self.t("execution.days.neutral")
        if days.empty:
            return title, self.t("execution.days.nothing")
        first, last = (locale.date(day.date(), state.lang) for day in (days["day"].min(), days["day"].max()))
        subtitle = self.t("execution.days.subtitle", first=first, last=last)
        if not state.sees_all:
            subtitle += " · " + self.t("execution.days.coarse", minimum=state.minimum)
        elif state.total("contacted"):
            made, due = state.total("contacted") or 0.0, state.total("due") or 0.0
            key = "execution.days.fewer" if made < due else "execution.days.more"
            key = key if abs(made - due) >= 1 else "execution.days.as_due"
            title = self.t(key, made=self._exact(made), gap=self._exact(abs(made - due)))
        return title, subtitle

    def dispositions_title(self) -> Sentences:
        """Return the title and the subtitle of how tries ended."""
        state = self._state
        rows = state.dispositions()
        if rows["n"].isna().any():
            return self.t("execution.ended.neutral"), self.t("execution.ended.hidden", minimum=state.minimum)
        total = rows["n"].sum()
        subtitle = self.t("execution.ended.subtitle", n=f"{int(total):,}")
        if not total:
            return self.t("execution.ended.neutral"), subtitle
        share = rows.loc[rows["reached"], "n"].sum() / total
        return self.t("execution.ended.title", share=locale.percent(share, places=0)), subtitle

    def table_title(self) -> Sentences:
        """Return the title and the subtitle of the strategies' table."""
        rows = self._state.rows()
        known = rows.dropna(subset=["rate"])
        over, under = int((known["response"] == "over").sum()), int((known["response"] == "under").sum())
        subtitle = self.t("execution.table.subtitle", tolerance=locale.percent(TOLERANCE, places=0))
        if not self._state.sees_all:
            subtitle += " " + self.t("execution.table.hidden", minimum=self._state.minimum)
        if over and under:
            return self.t("execution.table.both", over=over, under=under, all=len(rows)), subtitle
        if len(rows) == 1 and over + under:
            key = "execution.table.one_over" if over else "execution.table.one_under"
            return self.t(key, strategy=f"{rows['strategy_id'].iloc[0]} {rows['name'].iloc[0]}"), subtitle
        if over or under:
            key = "execution.table.over" if over else "execution.table.under"
            return self.t(key, n=over or under, all=len(rows)), subtitle
        return self.t("execution.table.neutral"), subtitle

    # Words -----------------------------------------------------------------------

    def _n(self, value: float | None) -> str:
        return locale.count(value, self._state.lang)

    @staticmethod
    def _exact(value: float | None) -> str:
        return "–" if value is None else f"{value:,.0f}"
