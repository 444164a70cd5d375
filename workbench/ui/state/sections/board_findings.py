"""The sentences and key figures of the board: made of the figures on screen."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from workbench import locale
from workbench.ui.state.parts import Button, Heading, Kpi

if TYPE_CHECKING:
    from workbench.ui.state.sections.board import BoardState

MESSAGE_PREFIXES = ("review_board.by.", "review_board.kpi.")
_NEAR = 0.02


class BoardFindings:
    """Titles and key figures of one state of the board.

    Parameters
    ----------
    state : BoardState
        Whose figures are put into words.
    """

    def __init__(self, state: BoardState) -> None:
        self._state = state
        self._tables = state.tables
        self.t = state.t

    # The page ------------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return the finding, its basis, and the button to comment."""
        state = self._state
        said = Button("comments", self.t("review.button.comments", n=state.screen.comment_count()))
        if not state.is_there:
            return Heading(self.t("review_board.nothing.title"), state.trouble or self._what_to_do(), (said,))
        if not state.is_published():
            return Heading(
                self.t("review_board.nothing.hidden"), self.t("review_board.error.not_published"), (said,)
            )
        return Heading(self._title(), self._subtitle(), (said,))

    def _what_to_do(self) -> str:
        screen = self._state.screen
        if screen.evaluation is None:
            return str(screen.findings.what_to_do())
        return self.t("review_board.nothing.again")

    def _title(self) -> str:
        row = self._state.whole().iloc[0]
        responded, cost = row["responded_to_plan"], row["cost_to_plan"]
        if responded != responded:
            contacted = row["contacted_to_plan"]
            if contacted != contacted:
                return self.t("review_board.title.neutral")
            return self.t("review_board.title.contacted", share=locale.percent(contacted, places=0))
        last = self._last()
        values = {
            "share": locale.percent(responded, places=0),
            "cost": locale.percent(cost, places=0),
            "last": last,
        }
        if cost != cost:
            return self.t("review_board.title.responses", **values)
        return self.t("review_board.title.last" if last else "review_board.title.both", **values)

    def _last(self) -> str:
        """Return the member that is furthest below plan, where one is."""
        state = self._state
        by, known = state.dimension(), self._tables.named()
        if len(known) < 2 or not known["responded_to_plan"].iloc[-1] < 1 - _NEAR:
            return ""
        last = known.iloc[-1]
        return self.t(
            "review_board.title.below",
            name=self._tables.name(by, str(last[by])),
            share=locale.percent(last["responded_to_plan"], places=0),
        )

    def _subtitle(self) -> str:
        state = self._state
        parts = []
        evaluation = state.screen.evaluation
        if evaluation is not None:
            parts.append(self.t("review.subtitle.board", version=evaluation.version))
        row = state.whole().iloc[0]
        if row["listed"] == row["listed"]:
            parts.append(self.t("review_board.n", n=f"{row['listed']:,.0f}"))
        parts.append(self._span())
        return " · ".join(part for part in parts if part)

    def _span(self) -> str:
        """Return the weeks in words."""
        state = self._state
        if not state.begins:
            return ""
        first, last = state.weeks() or (1, len(state.begins))
        begins, ends = state.begins[first - 1][1], state.begins[last - 1][1]
        end = ends + dt.timedelta(days=6)
        if state.until is not None and begins <= state.until < end:
            end = state.until
        return self.t(
            "review_board.span",
            begin=locale.date(begins, state.lang),
            end=locale.date(end, state.lang),
            n=last - first + 1,
        )

    # Key figures -----------------------------------------------------------------------

    def kpis(self) -> list[Kpi]:
        """Return six figures of what the filters leave, each with its plan or interval."""
        row = {str(name): value for name, value in self._state.whole().iloc[0].items()}
        return [
            self._of_plan("contacted", row, "contacted_to_plan", row["plan_contacts"], locale.count),
            self._reached(row),
            self._of_plan("responded", row, "responded_to_plan", row["plan_responses"], locale.count),
            self._cost(row),
            self._value(row),
            self._items(),
        ]

    def _hidden(self, name: str) -> Kpi:
        return Kpi(self.t(f"review_board.kpi.{name}"), self.t("review_board.hidden"))

    def _of_plan(self, name: str, row: dict[str, Any], ratio: str, plan: float, write: Any) -> Kpi:
        lang = self._state.lang
        if row[f"hide_{name}"]:
            return self._hidden(name)
        note, tone = "", ""
        share = row[ratio]
        if share == share:
            shown = write(plan, lang) if plan == plan else "–"
            note = self.t("review_board.kpi.of_plan", share=locale.percent(share, places=0), plan=shown)
            tone = "warn" if share < 1 - _NEAR else ""
            note = f"! {note}" if tone else note
        return Kpi(
            self.t(f"review_board.kpi.{name}"), write(row[name], lang), note=note, tone="warn" if tone else ""
        )

    def _reached(self, row: dict[str, Any]) -> Kpi:
        if row["hide_reached"]:
            return self._hidden("reached")
        share = row["reach_rate"]
        note = "" if share != share else self.t("review_board.kpi.of_contacted", share=locale.percent(share))
        return Kpi(
            self.t("review_board.kpi.reached"), locale.count(row["reached"], self._state.lang), note=note
        )

    def _cost(self, row: dict[str, Any]) -> Kpi:
        lang = self._state.lang
        label = self.t("review_board.kpi.cost")
        share = row["cost_to_plan"]
        if row["cost"] != row["cost"]:
            hidden = row["hide_contacted"] or row["hide_listed"] or share == share
            shown = self.t("review_board.hidden") if hidden else locale.money(None, lang)
            note = "" if share != share else locale.percent(share, places=0)
            return Kpi(label, shown, note=note and self.t("review_board.kpi.of_budget", share=note))
        note = ""
        if share == share:
            note = self.t(
                "review_board.kpi.of_plan",
                share=locale.percent(share, places=0),
                plan=locale.money(row["plan_cost"], lang),
            )
        over = share == share and share > 1 + _NEAR
        return Kpi(
            label,
            locale.money(row["cost"], lang),
            note=f"! {note}" if over else note,
            tone="warn" if over else "",
        )

    def _value(self, row: dict[str, Any]) -> Kpi:
        lang = self._state.lang
        gross = row["basis"] in ("gross", "mixed")
        label = self.t("review_board.kpi.gross" if gross else "review_board.kpi.value")
        if row["value"] != row["value"]:
            shown = self.t("review_board.hidden") if row["basis"] != "none" else locale.money(None, lang)
            return Kpi(label, shown)
        exact = self.t("review_board.kpi.per_yuan", value=self._tables.per_yuan(row["return_on_cost"]))
        if row["left_out"]:
            exact = self.t("review_board.left_out", n=row["left_out"])
        if row["value_low"] != row["value_low"]:
            return Kpi(
                label,
                locale.money(row["value"], lang),
                note=self.t("review_board.kpi.no_control"),
                exact=exact,
            )
        note = self.t(
            "review_board.interval",
            low=locale.money(row["value_low"], lang),
            high=locale.money(row["value_high"], lang),
        )
        unit = self.t("review_board.kpi.partly") if row["left_out"] else ""
        return Kpi(label, locale.money(row["value"], lang), unit=unit, note=note, exact=exact)

    def _items(self) -> Kpi:
        rows = self._state.items
        n = int(rows["state"].eq("open").sum()) if len(rows) else 0
        late = int(rows["overdue"].sum()) if len(rows) else 0
        note = self.t("review_board.kpi.overdue", n=late) if late else self.t("review_board.kpi.none_late")
        return Kpi(
            self.t("review_board.kpi.items"),
            locale.count(n, self._state.lang),
            note=f"! {note}" if late else note,
            tone="warn" if late else "",
        )

    # Cards -------------------------------------------------------------------------------

    def funnel_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the funnel."""
        steps = self._tables.funnel().set_index("step")
        subtitle = self.t("review_board.funnel.subtitle", span=self._span())
        n, plan = steps["n"].astype(float), steps["plan"].astype(float)
        if not (n["contacted"] >= 0 and plan["contacted"] > 0):
            return self.t("review_board.funnel.neutral"), subtitle
        share = locale.percent(n["contacted"] / plan["contacted"], places=0)
        if not (n["responded"] >= 0 and plan["responded"] > 0):
            return self.t("review_board.funnel.contacts", share=share), subtitle
        return self.t(
            "review_board.funnel.title",
            share=share,
            planned=locale.percent(n["responded"] / plan["responded"], places=0),
        ), subtitle

    def heat_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the table against plan."""
        state = self._state
        by, known, table = state.dimension(), self._tables.named(), self._tables.heat()
        subtitle = self.t(
            "review_board.heat.subtitle",
            by=self.t(f"review_board.by.{by}"),
            shown=table["shown"],
            n=table["n"],
        )
        if not state.may("analyst"):
            subtitle = self.t(
                "review_board.heat.and_hidden", subtitle=subtitle, minimum=state.project.small_cell
            )
        if len(known) < 2:
            return self.t("review_board.heat.neutral"), subtitle
        first, last = known.iloc[0], known.iloc[-1]
        return self.t(
            "review_board.heat.title",
            best=self._tables.name(by, str(first[by])),
            high=locale.percent(first["responded_to_plan"], places=0),
            last=self._tables.name(by, str(last[by])),
            low=locale.percent(last["responded_to_plan"], places=0),
        ), subtitle

    def money_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of cost and return."""
        rows = self._tables.returns()
        by = self._tables.money_dimension()
        subtitle = self.t(
            "review_board.money.subtitle",
            by=self.t(f"review_board.by.{by}"),
            shown=len(rows),
            n=len(self._state.members(by)),
        )
        if rows.empty:
            return self.t("review_board.money.neutral"), subtitle
        if rows["gross"].any():
            subtitle = self.t("review_board.money.and_gross", subtitle=subtitle)
        best = rows.iloc[0]
        key = "review_board.money.title" if best["low"] > 0 else "review_board.money.open"
        if best["gross"]:
            key = "review_board.money.title_gross"
        lang = self._state.lang
        return self.t(
            key,
            name=best["label"],
            value=locale.money(best["value"], lang),
            cost=locale.money(best["cost"], lang),
        ), subtitle
