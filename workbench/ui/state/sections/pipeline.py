"""The section on the pipeline of companies: the board of steps, one opportunity closely, and the sums."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.locale import normal_language
from workbench.ui.state.parts import Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.pipeline_acts import PipelineActs
from workbench.ui.state.sections.pipeline_findings import PipelineFindings
from workbench.ui.state.sections.pipeline_templates import PipelineTemplateForm

if TYPE_CHECKING:
    from workbench.execution.pipeline_template import EndReason, Step

VIEWS = ("all", "mine", "due", "overdue")
NEW = -1
MOST_CARDS = 40
MESSAGE_PREFIXES = (
    "execution_pipeline_page.event.",
    "execution_pipeline_page.view.",
    "execution_pipeline_page.held.",
    "execution_pipeline_page.field.",
)


class PipelineState(SectionState):
    """The pipeline in sums, and for those who work on it one by one.

    Attributes
    ----------
    view : str
        Which opportunities the board shows: all, mine, due (the next action's day has come) or
        overdue (longer in their step than usual).
    currency : str
        What the sums are in; others are not added to them.
    chosen : int
        The opportunity that is shown closely; 0 is none, -1 the form of a new one.
    """

    name = "pipeline"
    view = traitlets.Enum(VIEWS, default_value="all")
    currency = traitlets.Unicode("")
    chosen = traitlets.Int(0)

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.frame = pd.DataFrame()
        self.today = dt.date(1970, 1, 1)
        self.ageing = self.conversion = self.chances = self.forecast = pd.DataFrame()
        self.currencies: list[str] = []
        self.sources: list[str] = []
        self._companies: pd.DataFrame | None = None
        self._drawn: dict[str, tuple[Any, pd.DataFrame]] = {}
        self._n_read = 0
        self.steps: dict[str, Step] = {}
        self._reasons: dict[str, EndReason] = {}
        self.acts = PipelineActs(self)
        self.templates = PipelineTemplateForm(self)
        super().__init__(screen, **traits)
        self.observe(lambda _: self.touch(), ["view", "chosen"])

    # Reading -----------------------------------------------------------------------

    def load(self) -> None:
        """Read the sums, and for those who work on opportunities these one by one."""
        pipeline = self.project.execution.pipeline
        self.today = self.project.execution.day()
        # Read once: a name is asked for at every card.
        self.steps, self._reasons = pipeline.template.steps(), pipeline.template.reasons()
        self.currencies, self.sources = pipeline.currencies(), pipeline.sources()
        self.conversion, self.chances = pipeline.conversion(), pipeline.chances()
        if self.may("contributor"):
            self.frame = pipeline.frame(self.today, self.lang)
            self._companies = None
            if self.chosen != NEW and self.chosen not in set(self.frame["opportunity_id"]):
                self.chosen = self.queue()[0] if self.queue() else 0
        if self.currency not in self.currencies:
            self.currency = self.currencies[0]
        self._read_sums()

    def _read_sums(self) -> None:
        pipeline = self.project.execution.pipeline
        self._n_read += 1
        currency, minimum = self.currency or None, self.minimum
        self.ageing = pipeline.ageing(self.today, currency=currency, minimum=minimum)
        self.forecast = pipeline.forecast(self.today, currency=currency, minimum=minimum)

    @property
    def minimum(self) -> int:
        """The fewest companies that a figure may be about."""
        return 0 if self.may("contributor") else int(self.project.small_cell)

    @property
    def findings(self) -> PipelineFindings:
        """The sentences made of these figures."""
        return PipelineFindings(self)

    def heading(self) -> Heading:
        """Return what the open opportunities weigh, and how many stand too long."""
        return self.findings.heading()

    def kpis(self) -> list[Kpi]:
        """Return the sums of the pipeline."""
        return self.findings.kpis()

    def drawn(self, name: str) -> pd.DataFrame:
        """Return what a chart shows: one object as long as it is the same."""
        made_for = (self.lang, self._n_read)
        if name not in self._drawn or self._drawn[name][0] != made_for:
            rows = getattr(self.findings, f"{name}_rows")()
            before = self._drawn.get(name)
            same = before is not None and rows.equals(before[1])
            self._drawn[name] = (made_for, before[1] if before is not None and same else rows)
        return self._drawn[name][1]

    @property
    def companies(self) -> pd.DataFrame:
        """The companies that may have an opportunity; read when a form first asks for them."""
        if self._companies is None:
            self._companies = self.project.execution.pipeline.companies()
        return self._companies

    # Words -------------------------------------------------------------------------

    def step_name(self, code: str, numbered: bool = True) -> str:
        """Return a step's name, with its place."""
        if code not in self.steps:
            return code
        label = self.steps[code].labels[normal_language(self.lang)]
        return f"{list(self.steps).index(code) + 1} {label}" if numbered else label

    def offered(self) -> dict[str, Step]:
        """Return the steps that an opportunity can be moved to."""
        return {code: step for code, step in self.steps.items() if not step.retired}

    def reason_name(self, code: str) -> str:
        """Return what a person reads for a reason of an end."""
        known = self._reasons.get(code)
        return code if known is None else known.labels[normal_language(self.lang)]

    def money(self, amount: float, currency: str = "") -> str:
        """Return an amount in its currency."""
        name = currency or self.currency
        return locale.money(amount, self.lang, "¥" if name == "CNY" else f"{name} ")

    # Choosing ----------------------------------------------------------------------

    def choose(self, number: str) -> None:
        """Show an opportunity closely; -1 is the form of a new one."""
        known = {"0", str(NEW)} | (set(map(str, self.frame["opportunity_id"])) if len(self.frame) else set())
        if self.may("contributor") and number in known:
            self.chosen = int(number)

    def choose_view(self, view: str) -> None:
        """Show all, mine, those with an action due, or those that stand too long."""
        if view in VIEWS:
            self.view = view

    def choose_currency(self, currency: str) -> None:
        """Show the sums in another currency."""
        if currency in self.currencies:
            self.currency = currency
            self._read_sums()
            self.touch()

    def step_through(self, way: int) -> None:
        """Show the next card of the board, or the one before."""
        queue = self.queue()
        if queue:
            at = queue.index(self.chosen) if self.chosen in queue else (-1 if way > 0 else 0)
            self.chosen = queue[(at + way) % len(queue)]

    # The board ---------------------------------------------------------------------

    def _shown(self) -> pd.DataFrame:
        rows = self.frame
        if rows.empty:
            return rows
        rows = rows[rows["state"].eq("open")]
        if self.view == "mine":
            rows = rows[rows["owner"].eq(self.project.store.database.who)]
        elif self.view == "due":
            rows = rows[rows["is_due"]]
        elif self.view == "overdue":
            rows = rows[rows["is_overdue"]]
        return rows.sort_values(["is_overdue", "next_on", "opportunity_id"], ascending=[False, True, True])

    def queue(self) -> list[int]:
        """Return the numbers of the board's cards, column by column."""
        return [card["id"] for column in self.board() for card in column["cards"]]

    def count(self, view: str) -> int:
        """Return how many open opportunities a view has."""
        if self.frame.empty:
            return 0
        rows = self.frame[self.frame["state"].eq("open")]
        mine = rows["owner"].eq(self.project.store.database.who)
        return int(
            {"mine": mine, "due": rows["is_due"], "overdue": rows["is_overdue"]}.get(
                view, rows["state"].eq("open")
            ).sum()
        )

    def board(self) -> list[dict[str, Any]]:
        """Return the columns: a step each, with its cards."""
        rows = self._shown()
        columns = []
        for number, (code, step) in enumerate(self.offered().items(), 1):
            mine = rows[rows["step"].eq(code)] if len(rows) else rows
            amount = mine.loc[mine["currency"].eq(self.currency), "amount"].sum() if len(mine) else 0.0
            columns.append(
                {
                    "code": code,
                    "number": number,
                    "label": step.labels[normal_language(self.lang)],
                    "n": len(mine),
                    "amount": self.money(float(amount)) if amount else "–",
                    "cards": [self._card(row) for row in mine.head(MOST_CARDS).to_dict("records")],
                    "more": max(0, len(mine) - MOST_CARDS),
                }
            )
        return columns

    def _card(self, row: dict[Any, Any]) -> dict[str, Any]:
        return {
            "id": int(row["opportunity_id"]),
            "who": row["masked_id"],
            "name": row["masked_name"],
            "product": row["title"] or row["product"],
            "amount": self.money(row["amount"], row["currency"]),
            "days": int(row["days_in_step"]) if not pd.isna(row["days_in_step"]) else 0,
            "is_overdue": bool(row["is_overdue"]),
            "is_due": bool(row["is_due"]),
            "is_held": bool(row["held"]),
            "next_on": locale.date(row["next_on"], self.lang) if not pd.isna(row["next_on"]) else "",
            "next_action": row["next_action"],
            "step": self.step_name(row["step"]),
            "owner": row["owner"],
            "chosen": int(row["opportunity_id"]) == self.chosen,
        }

    def due(self) -> list[dict[str, Any]]:
        """Return the next actions whose day has come, the oldest first."""
        if self.frame.empty:
            return []
        rows = self.frame[self.frame["is_due"]].sort_values(["next_on", "opportunity_id"])
        return [self._card(row) for row in rows.head(MOST_CARDS).to_dict("records")]

    def ended(self) -> list[dict[str, Any]]:
        """Return the newest opportunities that are closed, so that one can be opened again."""
        if self.frame.empty:
            return []
        rows = self.frame[self.frame["state"].ne("open")].sort_values("closed_at", ascending=False)
        return [
            self._card(row) | {"state": row["state"], "reason": self.reason_name(row["reason"])}
            for row in rows.head(8).to_dict("records")
        ]

    # One opportunity ---------------------------------------------------------------

    def row(self) -> dict[Any, Any] | None:
        """Return the chosen opportunity as it stands."""
        if self.frame.empty:
            return None
        found = self.frame[self.frame["opportunity_id"].eq(self.chosen)]
        return found.iloc[0].to_dict() if len(found) else None

    def detail(self) -> dict[str, Any] | None:
        """Return the chosen opportunity closely: where it stands, what to do, answers, history."""
        row = self.row()
        if row is None:
            return None
        pipeline = self.project.execution.pipeline
        tongue = normal_language(self.lang)
        steps, offered = self.steps, list(self.offered())
        at = offered.index(row["step"]) if row["step"] in offered else -1
        following = offered[at + 1] if at + 1 < len(offered) else ""
        form = pipeline.kyc(row["customer_id"], self.lang)
        order = list(steps)
        for each in form:
            wanted = each["before"] in order and following in order
            each["is_needed"] = (
                wanted and not each["answer"] and order.index(each["before"]) <= order.index(following)
            )
            each["before_name"] = self.step_name(each["before"]) if each["before"] else ""
            each["at"] = locale.timestamp(each["at"]) if each["at"] is not None else ""
            each["older"] = [{**one, "at": locale.timestamp(one["at"])} for one in each["older"]]
        return {
            **self._card(row),
            "state": row["state"],
            "version": int(row["row_version"]),
            "step_code": row["step"],
            "exit": steps[row["step"]].exits[tongue] if row["step"] in steps else "",
            "allowed": int(row["days_allowed"]) if not pd.isna(row["days_allowed"]) else 0,
            "closes": locale.date(row["expected_close"], self.lang),
            "is_late": row["state"] == "open" and row["expected_close"] < self.today,
            "held": self.t(f"execution_pipeline_page.held.{row['held']}") if row["held"] else "",
            "strategy": row["strategy_id"] or "",
            "source": row["source"],
            "reason": self.reason_name(row["reason"]) if row["reason"] else "",
            "following": following,
            "following_name": self.step_name(following) if following else "",
            "others": [
                (code, self.step_name(code)) for code in offered if code not in (row["step"], following)
            ],
            "reasons": {
                end: [
                    (code, each.labels[tongue])
                    for code, each in self._reasons.items()
                    if each.ends == end and not each.retired
                ]
                for end in ("won", "lost")
            },
            "values": self.acts.values(row),
            "difference": self.acts.difference,
            "kyc": form,
            "answered": sum(bool(each["answer"]) for each in form),
            "history": self._history(int(row["opportunity_id"])),
        }

    def _history(self, number: int) -> list[dict[str, str]]:
        told = []
        for entry in self.project.execution.pipeline.history(number)[::-1]:
            event = entry["event"]
            where = self.step_name(entry["to_step"]) if event != "edited" else ""
            changed = [
                f"{self.t('execution_pipeline_page.field.' + name)}: {self.field(name, value)}"
                for name, value in entry["content"].items()
                if event == "edited" and name != "opportunity_id"
            ]
            said = [self.reason_name(entry["reason"]) if entry["reason"] else "", entry["note"], *changed]
            told.append(
                {
                    "event": self.t(f"execution_pipeline_page.event.{event}"),
                    "where": where,
                    "at": locale.timestamp(entry["at"]),
                    "who": entry["who"],
                    "said": " · ".join(part for part in said if part),
                }
            )
        return told

    def field(self, name: str, value: Any) -> str:
        """Return a stored value as a person reads it."""
        if value is None or value == "":
            return "–"
        if name == "amount":
            return f"{value / 100:,.2f}".removesuffix(".00")
        return self.step_name(value) if name == "step" else str(value)
