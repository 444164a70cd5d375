"""What people add: comments on a stage, ideas, votes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from workbench.errors import NotFound, ParameterProblem
from workbench.store import schema
from workbench.store.area import Area, frame_of
from workbench.store.late import refuse_late
from workbench.store.roles import reads, writes

if TYPE_CHECKING:
    import pandas as pd

STAGES = ("insight", "strategy", "execution", "review")
LONGEST = 4_000
"""Characters of a comment or an idea."""


def _checked(text: str) -> str:
    stripped = text.strip()
    if not stripped:
        raise ParameterProblem("store.error.empty_text")
    if len(stripped) > LONGEST:
        raise ParameterProblem("store.error.long_text", n=len(stripped), longest=LONGEST)
    return stripped


class Comments(Area):
    """Comments on a stage of a cycle. They are added, never changed."""

    @writes("contributor")
    def add(self, stage: str, text: str, cycle_id: str | None) -> int:
        """Add a comment and return its number.

        Raises
        ------
        ParameterProblem
            If the text is empty or too long, or there is no such stage.
        """
        if stage not in STAGES:
            raise ParameterProblem("store.error.unknown_stage", stage=stage, stages=", ".join(STAGES))
        checked = _checked(text)
        with self.database.writing("comment.add", stage=stage, cycle_id=cycle_id) as change:
            done = change.execute(
                sa.insert(schema.comments).values(
                    cycle_id=cycle_id,
                    stage=stage,
                    text=checked,
                    author=self.database.who,
                    written_at=change.at,
                )
            )
            number = int(done.inserted_primary_key[0])  # type: ignore[index]
            change.ids["comment_id"] = number
            return number

    @reads
    def frame(self, stage: str | None, cycle_id: str | None) -> pd.DataFrame:
        """Return the comments, oldest first."""
        table = schema.comments
        query = sa.select(table).order_by(table.c.comment_id)
        if stage is not None:
            query = query.where(table.c.stage == stage)
        if cycle_id is not None:
            query = query.where(table.c.cycle_id == cycle_id)
        with self.database.reading() as connection:
            return frame_of(connection.execute(query), table.c.keys())


class Ideas(Area):
    """Ideas of a brainstorm, and who voted for them."""

    @writes("contributor")
    def add(self, text: str, segment: str, cycle_id: str | None) -> int:
        """Add an idea and return its number.

        Raises
        ------
        ParameterProblem
            If the text is empty or too long.
        """
        checked = _checked(text)
        with self.database.writing("idea.add", cycle_id=cycle_id) as change:
            refuse_late(change, cycle_id, "ideas")
            done = change.execute(
                sa.insert(schema.ideas).values(
                    cycle_id=cycle_id,
                    text=checked,
                    segment=segment,
                    author=self.database.who,
                    written_at=change.at,
                )
            )
            number = int(done.inserted_primary_key[0])  # type: ignore[index]
            change.ids["idea_id"] = number
            return number

    @writes("contributor")
    def vote(self, idea_id: int, *, voter: str | None = None) -> bool:
        """Vote for an idea, or take the vote back; return whether it stands now.

        Raises
        ------
        NotFound
            If there is no such idea.
        """
        table = schema.votes
        who = voter or self.database.who
        with self.database.writing("idea.vote", idea_id=idea_id) as change:
            idea = change.execute(sa.select(schema.ideas).where(schema.ideas.c.idea_id == idea_id)).first()
            if idea is None:
                raise NotFound("store.error.no_idea", idea=idea_id)
            refuse_late(change, idea.cycle_id, "ideas")
            mine = (table.c.idea_id == idea_id, table.c.voter == who)
            stood = change.execute(sa.delete(table).where(*mine)).rowcount
            if not stood:
                change.execute(sa.insert(table).values(idea_id=idea_id, voter=who, voted_at=change.at))
            return not stood

    @reads
    def frame(self, cycle_id: str | None) -> pd.DataFrame:
        """Return the ideas with their votes, oldest first."""
        ideas, votes = schema.ideas, schema.votes
        query = (
            sa.select(*ideas.c, sa.func.count(votes.c.voter).label("votes"))
            .join_from(ideas, votes, ideas.c.idea_id == votes.c.idea_id, isouter=True)
            .group_by(*ideas.c)
            .order_by(ideas.c.idea_id)
        )
        if cycle_id is not None:
            query = query.where(ideas.c.cycle_id == cycle_id)
        with self.database.reading() as connection:
            return frame_of(connection.execute(query), [*ideas.c.keys(), "votes"])
