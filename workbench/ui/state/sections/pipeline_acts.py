"""What is done on the pipeline's board: opening, moving, editing, closing, answering."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import Conflict, ParameterProblem
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.ui.state.sections.pipeline import PipelineState

FIELDS = ("offer", "title", "amount", "currency", "expected_close", "owner", "next_action", "next_on")
OFFERS = ("sme_loan", "payroll_service", "time_deposit")
"""Offered where neither cards nor opportunities name any."""
MOST_COMPANIES = 300


class PipelineActs:
    """The presses of the section. Each has a key, so that it counts once, however often it is sent.

    Parameters
    ----------
    state : PipelineState
        The section.

    Attributes
    ----------
    difference : list of tuple
        After a conflict: the field, the value here, and the stored one.
    typed : dict
        What was typed into the form of a new one and could not be stored.
    """

    def __init__(self, state: PipelineState) -> None:
        self._state = state
        self._keys: dict[tuple[Any, ...], str] = {}
        self.difference: list[tuple[str, str, str]] = []
        self.typed: dict[str, str] = {}

    def _key(self, *what: Any) -> str:
        return self._keys.setdefault(what, uuid.uuid4().hex)

    # Opening -----------------------------------------------------------------------

    def offers(self) -> list[tuple[str, str]]:
        """Return what can be offered: (code, in words)."""
        from workbench.execution import product_name

        state = self._state
        cards = state.project.strategy.cards() if state.project.cycle.cycle_id else pd.DataFrame()
        named = [*state.frame["offer"]] if len(state.frame) else []
        codes = dict.fromkeys([*named, *cards.get("offer", ()), *OFFERS])
        return sorted(((code, product_name(code, state.lang)) for code in codes), key=lambda pair: pair[1])

    def new_form(self) -> dict[str, Any]:
        """Return the form of a new opportunity; companies by their place, masked."""
        state = self._state
        free = state.companies[state.companies["held"].eq("")] if len(state.companies) else state.companies
        return {
            "companies": [
                (str(place), f"{row['masked_id']} {row['masked_name']}".strip())
                for place, row in enumerate(free.head(MOST_COMPANIES).to_dict("records"))
            ],
            "by_number": len(free) > MOST_COMPANIES,
            "offers": self.offers(),
            "currency": state.project.settings.currency,
            "owner": state.project.store.database.who,
            "typed": self.typed,
        }

    def open(self, fields: dict[str, str]) -> None:
        """Open an opportunity, as the form says.

        Raises
        ------
        ParameterProblem, NotFound
            If that is not possible; what was typed stays.
        """
        state = self._state
        self.typed = dict(fields)
        customer = fields.get("customer_id", "").strip() or self._company(fields.get("company", ""))
        number = state.project.execution.pipeline.open(
            customer,
            fields.get("offer", ""),
            read_amount(fields.get("amount", "")),
            key=self._key("open"),
            expected_close=fields.get("expected_close", ""),
            title=fields.get("title", ""),
            currency=fields.get("currency", "") or None,
            owner=fields.get("owner", "") or None,
            next_action=fields.get("next_action", ""),
            next_on=fields.get("next_on", "") or None,
            lang=state.lang,
        )
        self.typed = {}
        state.chosen = number
        self._done("execution_pipeline_page.done.opened", ("open",), n=number)

    def _company(self, place: str) -> str:
        state = self._state
        free = state.companies[state.companies["held"].eq("")]["customer_id"].tolist()
        if not place.isdigit() or int(place) >= len(free):
            raise ParameterProblem("execution_pipeline_page.error.company")
        return str(free[int(place)])

    # One opportunity ---------------------------------------------------------------

    def values(self, row: dict[Any, Any]) -> dict[str, str]:
        """Return an opportunity's fields as its form shows them."""
        values = {name: "" if pd.isna(row[name]) else str(row[name]) for name in FIELDS}
        values["amount"] = f"{row['amount']:.2f}".removesuffix(".00")
        return values

    def move(self, to_step: str, note: str, version: str = "") -> None:
        """Move the chosen opportunity.

        Raises
        ------
        ParameterProblem
            If a reason or an answer is missing.
        Conflict
            If somebody else was faster.
        """
        row = self._open_row()
        if row is None:
            return
        number, looked = int(row["opportunity_id"]), self._version(row, version)
        what = ("move", number, to_step, note, looked)
        pipeline = self._state.project.execution.pipeline
        self._try(
            lambda: pipeline.move(
                number,
                to_step,
                key=self._key(*what),
                expected_version=looked,
                note=note,
                lang=self._state.lang,
            )
        )
        step = self._state.step_name(to_step)
        self._done("execution_pipeline_page.done.moved", what, n=number, step=step)

    def forward(self, version: str = "") -> None:
        """Move the chosen opportunity to its next step.

        Raises
        ------
        ParameterProblem
            If an answer is missing.
        Conflict
            If somebody else was faster.
        """
        detail = self._state.detail() if self._open_row() is not None else None
        if detail is not None and detail["following"]:
            self.move(detail["following"], "", version)

    def edit(self, fields: dict[str, str]) -> None:
        """Store what was changed in the form.

        Raises
        ------
        ParameterProblem
            If a value is not possible.
        Conflict
            If somebody else was faster; both are shown.
        """
        row = self._open_row()
        if row is None:
            return
        number, looked = int(row["opportunity_id"]), self._version(row, fields.get("row_version", ""))
        standing = self.values(row)
        changes: dict[str, Any] = {
            name: fields[name].strip()
            for name in FIELDS
            if name in fields and fields[name].strip() != standing[name]
        }
        if not changes:
            return
        if "amount" in changes:
            changes["amount"] = read_amount(changes["amount"])
        what = ("edit", number, looked, tuple(sorted((name, str(value)) for name, value in changes.items())))
        pipeline = self._state.project.execution.pipeline
        self._try(lambda: pipeline.edit(number, changes, key=self._key(*what), expected_version=looked))
        self._done("execution_pipeline_page.done.edited", what, n=number)

    def close(self, end: str, fields: dict[str, str]) -> None:
        """Close the chosen opportunity as won or lost.

        Raises
        ------
        ParameterProblem
            If no reason is chosen.
        Conflict
            If somebody else was faster.
        """
        row = self._open_row()
        if row is None or end not in ("won", "lost"):
            return
        number, looked = int(row["opportunity_id"]), self._version(row, fields.get("row_version", ""))
        reason, note = fields.get("reason", ""), fields.get("note", "")
        amount = read_amount(fields["amount"]) if fields.get("amount", "").strip() else None
        what = ("close", number, end, reason, note, amount, looked)
        pipeline = self._state.project.execution.pipeline
        self._try(
            lambda: pipeline.close(
                number, end, reason, key=self._key(*what), amount=amount, expected_version=looked, note=note
            )
        )
        key = "execution_pipeline_page.done.won" if end == "won" else "execution_pipeline_page.done.lost"
        self._done(key, what, n=number)

    def reopen(self, fields: dict[str, str]) -> None:
        """Open the chosen opportunity again.

        Raises
        ------
        ParameterProblem
            If no reason is given.
        """
        row = self._state.row()
        if row is None or row["state"] == "open" or not self._state.may("contributor"):
            return
        number, note = int(row["opportunity_id"]), fields.get("note", "")
        what = ("reopen", number, note, int(row["row_version"]))
        pipeline = self._state.project.execution.pipeline
        self._try(lambda: pipeline.reopen(number, note, key=self._key(*what)))
        self._done("execution_pipeline_page.done.reopened", what, n=number)

    def answer(self, question: str, fields: dict[str, str]) -> None:
        """Keep the company's answer to a question.

        Raises
        ------
        ParameterProblem
            If it is not an answer of the question's kind.
        Conflict
            If somebody else answered first.
        """
        row = self._state.row()
        if row is None or not self._state.may("contributor"):
            return
        said, seen = fields.get("answer", ""), fields.get("answer_id", "")
        what = ("answer", row["customer_id"], question, said, seen)
        pipeline = self._state.project.execution.pipeline
        expected = int(seen) if seen.isdigit() else None
        self._try(
            lambda: pipeline.answer(
                row["customer_id"], question, said, key=self._key(*what), expected=expected
            )
        )
        self._done("execution_pipeline_page.done.answered", what)

    # What all share ----------------------------------------------------------------

    def _open_row(self) -> dict[Any, Any] | None:
        row = self._state.row()
        allowed = self._state.may("contributor") and row is not None and row["state"] == "open"
        return row if allowed else None

    @staticmethod
    def _version(row: dict[Any, Any], looked: str) -> int:
        return int(looked) if looked.isdigit() else int(row["row_version"])

    def _try(self, act: Any) -> None:
        """Do it; where somebody was faster, show both and what stands now."""
        state = self._state
        self.difference = []
        try:
            act()
        except Conflict as conflict:
            self.difference = [
                (name, state.field(name, mine), state.field(name, theirs))
                for name, (mine, theirs) in conflict.difference.items()
            ]
            state.load()
            raise

    def _done(self, message: str, what: tuple[Any, ...], **values: Any) -> None:
        self._keys.pop(what, None)
        self._state.load()
        screen, told = self._state.screen, Banner("done", message, values)
        if screen.banner == told:
            self._state.touch()
        # A banner that is new draws the screen by itself.
        screen.banner = told


def read_amount(text: str) -> float:
    """Return an amount as people write it.

    Raises
    ------
    ParameterProblem
        If it is no number.

    Examples
    --------
    >>> read_amount("12,500,000.50")
    12500000.5
    """
    try:
        return float(text.replace(",", "").replace("，", "").replace(" ", ""))
    except ValueError as problem:
        raise ParameterProblem("execution_pipeline.error.not_amount", value=text[:40]) from problem
