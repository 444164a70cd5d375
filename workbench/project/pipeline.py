"""Opportunities with companies: opened, moved through the steps, closed; and what the companies answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.project.cycles import as_day
from workbench.project.pipeline_figures import PipelineFigures
from workbench.project.pipeline_loads import read_loaded
from workbench.project.quota import to_whole

if TYPE_CHECKING:
    from workbench.project.handle import Project


class Pipeline(PipelineFigures):
    """The opportunity pipeline of companies, at ``project.execution.pipeline``.

    Opportunities go on from cycle to cycle. Every act takes a key that the page makes up
    for a press: sent again, it is done once.

    Parameters
    ----------
    project : Project
        The handle.

    Examples
    --------
    >>> import tempfile
    >>> import workbench as wb
    >>> project = wb.create_project(tempfile.mkdtemp() + "/bank", "My bank")
    >>> len(project.execution.pipeline.template.steps()), len(project.execution.pipeline.template.questions())
    (8, 10)
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store.opportunities

    def open(
        self,
        customer_id: str,
        offer: str,
        amount: float,
        *,
        key: str,
        expected_close: dt.date | str,
        step: str | None = None,
        currency: str | None = None,
        title: str = "",
        owner: str | None = None,
        next_action: str = "",
        next_on: dt.date | str | None = None,
        strategy_id: str | None = None,
        lang: str = "en",
    ) -> int:
        """Open an opportunity with a company, and return its number.

        Parameters
        ----------
        customer_id : str
            The company.
        offer : str
            What it is about, as the strategy cards name it.
        amount : float
            How much, in the currency's unit, at most two decimals.
        key : str
            Made up by the page for this press: sent again, it is opened once.
        expected_close : datetime.date or str
            When it will be decided.
        step : str, optional
            Where it stands; by default the first step.
        currency : str, optional
            Three capital letters; by default the project's.
        title : str, default=""
            What it is called.
        owner : str, optional
            Whose it is; by default who is using the workbench.
        next_action, next_on : str and datetime.date or str, optional
            What is to be done next, and when.
        strategy_id : str, optional
            The strategy it comes from.
        lang : str, default="en"
            Language in which a refusal names questions.

        Raises
        ------
        NotFound
            If there is no such customer or strategy.
        ParameterProblem
            If the customer is no company or may not be contacted, a value is not possible, or
            questions that must be known before the step have no answer.
        NotAllowed
            If the role may not open opportunities.
        """
        self._store.require("contributor")
        self._need_company(customer_id)
        cycle = self._project.cycle.cycle_id or None
        if strategy_id is not None and strategy_id not in set(self._project.strategy.cards()["strategy_id"]):
            raise NotFound("execution_pipeline.error.no_strategy", strategy=strategy_id)
        version, offered = self.template.version("steps"), self.template.offered()
        first = next(iter(offered))
        wanted = first if step is None else step
        if wanted not in offered:
            raise ParameterProblem("execution_pipeline.error.step", step=wanted, known=", ".join(offered))
        values = {
            "offer": offer,
            "title": title,
            "amount": to_whole(amount, "CNY"),
            "currency": currency or self._project.settings.currency,
            "expected_close": _day("expected_close", expected_close),
            "owner": owner or self._project.store.database.who,
            "next_action": next_action,
            "next_on": _day("next_on", next_on),
        }
        return self._store.open(
            key,
            customer_id,
            wanted,
            values,
            template_version=version,
            cycle_id=cycle,
            strategy_id=strategy_id,
            needed={} if wanted == first else self._needed(wanted, lang),
        )

    def move(
        self,
        opportunity_id: int,
        to_step: str,
        *,
        key: str,
        expected_version: int | None = None,
        note: str = "",
        lang: str = "en",
    ) -> int:
        """Move an opportunity to another step, and return its version.

        Parameters
        ----------
        opportunity_id : int
            Which.
        to_step : str
            Where to.
        key : str
            Made up by the page for this press.
        expected_version : int, optional
            The version that was looked at; by default whatever stands.
        note : str, default=""
            Why; a must for going back and for leaving steps out.
        lang : str, default="en"
            Language in which a refusal names questions.

        Raises
        ------
        NotFound
            If there is no such opportunity.
        ParameterProblem
            If the step is not possible, a reason is missing, or questions that must be known
            before the step have no answer.
        Conflict
            If somebody else changed it first; the difference shows both.
        """
        row = self._store.one(opportunity_id)
        version, offered = self.template.version("steps"), list(self.template.offered())
        order = list(self.template.steps())
        ahead = to_step in offered and order.index(to_step) > order.index(row["step"])
        return self._store.move(
            opportunity_id,
            key,
            to_step,
            order=offered,
            template_version=version,
            expected_version=int(row["row_version"]) if expected_version is None else expected_version,
            needed=self._needed(to_step, lang) if ahead else {},
            note=note,
        )

    def edit(
        self,
        opportunity_id: int,
        changes: Mapping[str, Any],
        *,
        key: str,
        expected_version: int | None = None,
    ) -> int:
        """Change what is written on an opportunity, and return its version.

        Parameters
        ----------
        opportunity_id : int
            Which.
        changes : mapping
            Any of offer, title, amount, currency, expected_close, owner, next_action, next_on.
        key : str
            Made up by the page for this press.
        expected_version : int, optional
            The version that was looked at; by default whatever stands.

        Raises
        ------
        NotFound
            If there is no such opportunity.
        ParameterProblem
            If it is closed, or a value is not possible.
        Conflict
            If somebody else changed it first; the difference shows both.
        """
        wanted = dict(changes)
        for name in ("expected_close", "next_on"):
            if name in wanted:
                wanted[name] = _day(name, wanted[name])
        if "amount" in wanted:
            wanted["amount"] = to_whole(wanted["amount"], "CNY")
        if expected_version is None:
            expected_version = int(self._store.one(opportunity_id)["row_version"])
        return self._store.edit(opportunity_id, key, wanted, expected_version=expected_version)

    def close(
        self,
        opportunity_id: int,
        end: str,
        reason: str,
        *,
        key: str,
        amount: float | None = None,
        expected_version: int | None = None,
        note: str = "",
    ) -> int:
        """Close an opportunity as won or lost, and return its version.

        Parameters
        ----------
        opportunity_id : int
            Which.
        end : {"won", "lost"}
            How it ended.
        reason : str
            Why; one of `PipelineTemplate.reasons` for this end.
        key : str
            Made up by the page for this press.
        amount : float, optional
            What it came to; by default what was expected.
        expected_version : int, optional
            The version that was looked at; by default whatever stands.
        note : str, default=""
            More about it.

        Raises
        ------
        NotFound
            If there is no such opportunity.
        ParameterProblem
            If it is closed already, or the reason is not offered for this end.
        Conflict
            If somebody else changed it first; the difference shows both.
        """
        version, offered = self.template.version("steps"), self.template.reasons(end)
        if reason not in offered:
            raise ParameterProblem("execution_pipeline.error.reason", reason=reason, known=", ".join(offered))
        if expected_version is None:
            expected_version = int(self._store.one(opportunity_id)["row_version"])
        return self._store.close(
            opportunity_id,
            key,
            end,
            reason,
            template_version=version,
            expected_version=expected_version,
            amount=None if amount is None else to_whole(amount, "CNY"),
            note=note,
        )

    def reopen(self, opportunity_id: int, note: str, *, key: str, expected_version: int | None = None) -> int:
        """Open a closed opportunity again where it stood, for a reason; return its version."""
        if expected_version is None:
            expected_version = int(self._store.one(opportunity_id)["row_version"])
        return self._store.reopen(opportunity_id, key, note, expected_version=expected_version)

    def answer(
        self, customer_id: str, question: str, answer: str, *, key: str, expected: int | None = None
    ) -> int:
        """Keep a company's answer beside its older ones, and return its number.

        Parameters
        ----------
        customer_id : str
            The company.
        question : str
            The question's code.
        answer : str
            The answer: a text, the code of a choice, an amount, or a day; an empty one takes
            the last back.
        key : str
            Made up by the page for this press.
        expected : int, optional
            Number of the answer that was looked at, 0 for none; by default whatever stands.

        Raises
        ------
        NotFound
            If there is no such question or company.
        ParameterProblem
            If it is not an answer of the question's kind, or the question is asked no more.
        Conflict
            If somebody else answered first; the difference shows both.
        """
        self._store.require("contributor")
        self._need_company(customer_id, contact=False)
        version, questions = self.template.version("questions"), self.template.questions()
        if question not in questions:
            raise NotFound("execution_pipeline.error.no_code", code=question, known=", ".join(questions))
        if questions[question].retired:
            raise ParameterProblem("execution_pipeline.error.retired", code=question)
        kept = questions[question].read(answer)
        return self._project.store.kyc_answers.answer(
            customer_id, key, question, kept, template_version=version, expected=expected
        )

    def load(
        self,
        opportunities: pd.DataFrame,
        moves: pd.DataFrame,
        answers: pd.DataFrame | None = None,
        *,
        source: str,
    ) -> int:
        """Bring in opportunities of another system with their history; the same again adds none.

        Parameters
        ----------
        opportunities : pandas.DataFrame
            ``key`` (theirs), ``customer_id``, ``offer``, ``amount``, ``expected_close``, ``owner``; if they
            have them ``currency``, ``title``, ``next_action``, ``next_on``, ``strategy_id``.
        moves : pandas.DataFrame
            ``key``, ``event`` (opened, forward, skipped, back, won, lost, reopened), ``to_step``, ``at``
            (UTC), ``who``; if they have them ``reason`` and ``note``.
        answers : pandas.DataFrame, optional
            ``key``, ``question``, ``answer``, ``at`` and ``who``: of the company of that opportunity.
        source : str
            Where they come from; it stands with each of them.

        Returns
        -------
        int
            Opportunities that are new.

        Raises
        ------
        ParameterProblem
            If a history does not begin with ``opened``, goes backwards in time or into the future,
            or names a step, an event or a reason that there is not.
        NotAllowed
            If the role may not bring in opportunities.
        """
        self._store.require("analyst")
        rows = read_loaded(
            opportunities,
            moves,
            answers,
            source=source,
            template=self.template,
            currency=self._project.settings.currency,
            until=self._project.execution.day() + dt.timedelta(days=1),
            cycle_id=self._project.cycle.cycle_id or None,
        )
        return self._store.load(source, rows)

    def _need_company(self, customer_id: str, *, contact: bool = True) -> None:
        found = self._people.look([customer_id]).iloc[0]
        if found["held"] == "unknown":
            raise NotFound("execution_pipeline.error.no_customer", customer=found["masked_id"])
        if found["customer_kind"] != "corporate":
            raise ParameterProblem("execution_pipeline.error.no_company")
        if contact and found["held"]:
            raise ParameterProblem("execution_pipeline.error.held")

    def _needed(self, step: str, lang: str) -> dict[str, str]:
        from workbench.execution.pipeline_template import needed_before
        from workbench.locale import normal_language

        questions = self.template.questions()
        codes = needed_before(step, questions, self.template.steps())
        return {code: questions[code].labels[normal_language(lang)] for code in codes}


def _day(name: str, value: Any) -> dt.date | None:
    """Return a day, or None where it is left empty."""
    try:
        return as_day(value or None)
    except ParameterProblem as problem:
        raise ParameterProblem("execution_pipeline.error.day", name=name, value=str(value)[:40]) from problem
