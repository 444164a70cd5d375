"""What companies answered to the questions of know-your-customer; an older answer is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from workbench.errors import Conflict, ParameterProblem
from workbench.store import schema_pipeline as tables
from workbench.store.area import Area, frame_of
from workbench.store.opportunity_rows import (
    ANSWER_COLUMNS,
    LONGEST_ANSWER,
    checked_key,
    newest_answers,
    plain_text,
    refuse_old_template,
)
from workbench.store.roles import reads, writes

if TYPE_CHECKING:
    import pandas as pd


class KycAnswers(Area):
    """Answers of companies. They are personal data: a viewer learns that there is one, not what it is."""

    @writes("contributor")
    def answer(
        self,
        customer_id: str,
        key: str,
        question: str,
        answer: str,
        *,
        template_version: int,
        expected: int | None = None,
    ) -> int:
        """Keep a company's answer beside the older ones, and return its number; under one key once.

        Parameters
        ----------
        customer_id : str
            The company.
        key : str
            Made up by the page for this press.
        question, answer : str
            The question's code, and the answer; an empty one takes the last back.
        template_version : int
            Of the questions that were asked.
        expected : int, optional
            Number of the answer that was looked at, 0 for none; by default whatever stands.

        Raises
        ------
        ParameterProblem
            If the key was used for something else, or the answer is too long.
        Conflict
            If somebody else answered first; the difference shows both.
        """
        kept = plain_text(answer, LONGEST_ANSWER)
        table = tables.answers
        about = (customer_id, question, kept)
        with self.database.writing("kyc.answer", question=question) as change:
            before = change.execute(
                sa.select(table).where(table.c.answer_key == checked_key(key))
            ).one_or_none()
            if before is not None:
                if (before.customer_id, before.question, before.answer) != about:
                    raise ParameterProblem("execution_pipeline.error.key_used", key=key)
                change.ids["already"] = True
                return int(before.answer_id)
            refuse_old_template(change, "questions", template_version)
            standing = [row for row in newest_answers(change, customer_id) if row.question == question]
            newest = standing[0] if standing else None
            number = 0 if newest is None else int(newest.answer_id)
            if expected is not None and expected != number:
                raise Conflict(
                    "execution_pipeline.error.answered",
                    difference={"answer": (kept, "" if newest is None else newest.answer)},
                    who="-" if newest is None else newest.who,
                )
            if (newest.answer if newest is not None else "") == kept:
                change.ids["already"] = True
                return number
            done = change.execute(
                sa.insert(table).values(
                    customer_id=customer_id,
                    question=question,
                    answer=kept,
                    template_version=template_version,
                    answer_key=key,
                    source="",
                    at=change.at,
                    who=self.database.who,
                )
            )
            change.ids["answer_id"] = number = int(done.inserted_primary_key[0])  # type: ignore[index]
            return number

    @reads
    def answers(self, customer_id: str) -> pd.DataFrame:
        """Return all answers of a company, the oldest first; not for viewers.

        Raises
        ------
        NotAllowed
            If the role only reads sums.
        """
        self.require("contributor")
        table = tables.answers
        query = sa.select(*(table.c[name] for name in ANSWER_COLUMNS)).where(
            table.c.customer_id == customer_id
        )
        with self.database.reading() as connection:
            return frame_of(connection.execute(query.order_by(table.c.answer_id)), ANSWER_COLUMNS)

    @reads
    def answered(self) -> pd.DataFrame:
        """Return who has answered which question, without the answers: customer_id, question, at."""
        with self.database.reading() as connection:
            rows = [
                (row.customer_id, row.question, row.at) for row in newest_answers(connection) if row.answer
            ]
        return frame_of(rows, ("customer_id", "question", "at"))
