"""The pipeline of a project as it is read: opportunities for who works on them, sums for everybody."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound
from workbench.project.contactable import People, read_people
from workbench.project.pipeline_template import PipelineTemplate

if TYPE_CHECKING:
    from workbench.project.handle import Project

_KEPT = [
    *("opportunity_id", "customer_id", "strategy_id", "offer", "title", "currency", "expected_close"),
    *("owner", "step", "entered_at", "state", "reason", "closed_at", "next_action", "next_on"),
    *("source", "opened_at", "opened_by", "row_version"),
]


class PipelineFigures:
    """What is read of the pipeline."""

    _project: Project

    @cached_property
    def template(self) -> PipelineTemplate:
        """Steps, reasons of an end, and questions."""
        return PipelineTemplate(self._project)

    @cached_property
    def _people(self) -> People:
        return People(self._project)

    # For those who work on opportunities -------------------------------------------

    def frame(self, today: dt.date | str | None = None, lang: str = "en") -> pd.DataFrame:
        """Return the opportunities one by one, for those who work on them; customers are masked.

        Parameters
        ----------
        today : datetime.date or str, optional
            The day to look from; by default `Execution.day`.
        lang : str, default="en"
            Language of the product.

        Returns
        -------
        pandas.DataFrame
            opportunity_id, customer_id, masked_id, masked_name, held (why nobody may contact the
            company, or empty), offer, product, title, amount, currency, expected_close, owner, step,
            days_in_step, days_allowed, is_overdue (of open ones), state, reason, next_action,
            next_on, is_due (the next action's day has come), answered (questions), row_version and
            more; the newest last.

        Raises
        ------
        NotAllowed
            If the role only reads sums.
        """
        from workbench.execution import age_opportunities, product_name
        from workbench.execution.pipeline_template import tabulate_template

        store = self._project.store
        store.opportunities.require("contributor")
        day = self._project.execution.day(today)
        rows = store.opportunities.frame()
        frame = rows[_KEPT].assign(amount=rows["amount"].astype("float64") / 100)
        aged = age_opportunities(frame, tabulate_template(self.template.steps()), day)
        for name in ("days_in_step", "days_allowed"):
            frame[name] = aged[name].reindex(frame.index).astype("Int64")
        frame["is_overdue"] = aged["is_overdue"].reindex(frame.index, fill_value=False).astype("bool")
        due = pd.to_datetime(frame["next_on"]) <= pd.Timestamp(day)
        frame["is_due"] = due & frame["state"].eq("open")
        people = self._people.look(frame["customer_id"].unique().tolist()).set_index("customer_id")
        for name in ("masked_id", "masked_name", "held"):
            frame[name] = people[name].reindex(frame["customer_id"]).to_numpy(dtype="object")
        frame["product"] = [product_name(offer, lang) for offer in frame["offer"]]
        answered = store.kyc_answers.answered()
        asked = [code for code, each in self.template.questions().items() if not each.retired]
        counts = answered.loc[answered["question"].isin(asked), "customer_id"].value_counts()
        frame["answered"] = frame["customer_id"].map(counts).fillna(0).astype("int64")
        return frame

    def companies(self) -> pd.DataFrame:
        """Return the companies that may have an opportunity: customer_id, masked_id, masked_name, held.

        Raises
        ------
        NotAllowed
            If the role only reads sums.
        """
        self._project.store.opportunities.require("contributor")
        try:
            known = read_people(self._project)
        except NotFound:
            return self._people.look([])
        return self._people.look(known.loc[known["kind"].eq("corporate"), "customer_id"].tolist())

    def history(self, opportunity_id: int) -> list[dict[str, Any]]:
        """Return what happened to an opportunity, the oldest first.

        Returns
        -------
        list of dict
            event, from_step, to_step, reason, note, content (what was asked for), at (UTC), who.
        """
        return self._project.store.opportunities.asked(opportunity_id)

    def kyc(self, customer_id: str, lang: str = "en") -> list[dict[str, Any]]:
        """Return the questions to a company with its answers, in their order.

        Parameters
        ----------
        customer_id : str
            The company.
        lang : str, default="en"
            Language of questions and choices.

        Returns
        -------
        list of dict
            code, question, kind, choices (code to label), before (a step, or empty), answer, shown (as a
            person reads it), answer_id (0 for none), at, who, and older: earlier answers
            with shown, at and who, the newest first. A retired question is there while it
            has an answer.

        Raises
        ------
        NotAllowed
            If the role only reads sums: answers are personal data.
        """
        from workbench.locale import normal_language

        given = self._project.store.kyc_answers.answers(customer_id)
        tongue = normal_language(lang)
        found = []
        for code, question in self.template.questions().items():
            mine = given[given["question"].eq(code)].to_dict("records")[::-1]
            newest: dict[str, Any] = {"answer": "", "answer_id": 0, "at": None, "who": ""}
            newest |= {str(name): value for name, value in (mine[0] if mine else {}).items()}
            if question.retired and not newest["answer"]:
                continue
            found.append(
                {
                    "code": code,
                    "question": question.labels[tongue],
                    "kind": question.kind,
                    "choices": {name: labels[tongue] for name, labels in question.choices.items()},
                    "before": question.before,
                    "retired": question.retired,
                    **{name: newest[name] for name in ("answer", "answer_id", "at", "who")},
                    "shown": question.shown(newest["answer"], lang),
                    "older": [
                        {"shown": question.shown(row["answer"], lang), "at": row["at"], "who": row["who"]}
                        for row in mine[1:]
                    ],
                }
            )
        return found

    # For everybody -----------------------------------------------------------------

    def currencies(self) -> list[str]:
        """Return the currencies of open opportunities, the most frequent first; else the project's."""
        rows = self._project.store.opportunities.frame()
        counts = rows.loc[rows["state"].eq("open"), "currency"].value_counts()
        return [str(name) for name in counts.index] or [self._project.settings.currency]

    def ageing(
        self, today: dt.date | str | None = None, *, currency: str | None = None, minimum: int = 0
    ) -> pd.DataFrame:
        """Return how many opportunities stand in each step and for how long; see `workbench.age_pipeline`.

        ``weighted`` is by the chances in force, see `chances`.
        """
        from workbench.execution import age_pipeline
        from workbench.execution.pipeline_template import tabulate_template

        day = self._project.execution.day(today)
        # A retired step is in nobody's way: nothing open stands in it.
        steps = tabulate_template(self.template.offered())
        in_force = self.chances().set_index("step")["probability"]
        steps["probability"] = steps["step"].map(in_force)
        return age_pipeline(self._rows(currency), steps, day, minimum=minimum)

    def conversion(self) -> pd.DataFrame:
        """Return how many get on from each step; see `workbench.convert_pipeline`. All currencies."""
        from workbench.execution import convert_pipeline
        from workbench.execution.pipeline_template import tabulate_template

        store = self._project.store.opportunities
        return convert_pipeline(store.frame(), store.events(), tabulate_template(self.template.steps()))

    def chances(self) -> pd.DataFrame:
        """Return each step's chance of being won, and whose it is; see `workbench.measure_chances`."""
        from workbench.execution import measure_chances
        from workbench.execution.pipeline_template import tabulate_template

        store = self._project.store.opportunities
        return measure_chances(store.frame(), store.events(), tabulate_template(self.template.steps()))

    def forecast(
        self,
        today: dt.date | str | None = None,
        *,
        currency: str | None = None,
        months: int = 6,
        minimum: int = 0,
        random_state: int = 0,
    ) -> pd.DataFrame:
        """Return what open opportunities will bring by month; see `workbench.forecast_pipeline`.

        Parameters
        ----------
        today : datetime.date or str, optional
            The day to look from; by default `Execution.day`.
        currency : str, optional
            Only opportunities in it; by default the project's. Currencies are not added up.
        months : int, default=6
            Months that stand alone.
        minimum : int, default=0
            The fewest companies that a row may be about.
        random_state : int, default=0
            Seed of the interval.
        """
        from workbench.execution import forecast_pipeline

        return forecast_pipeline(
            self._rows(currency),
            self.chances(),
            self._project.execution.day(today),
            months=months,
            minimum=minimum,
            random_state=random_state,
        )

    def sources(self) -> list[str]:
        """Return where opportunities were brought in from; none where all are the workbench's own."""
        names = self._project.store.opportunities.frame()["source"]
        return sorted({str(name) for name in names if name})

    def _rows(self, currency: str | None) -> pd.DataFrame:
        rows = self._project.store.opportunities.frame()
        rows = rows[rows["currency"].eq(currency or self._project.settings.currency)]
        return rows.assign(amount=rows["amount"].astype("float64") / 100)
