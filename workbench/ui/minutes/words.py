"""A room's record in the words of one language: names, sentences, key figures."""

from __future__ import annotations

from typing import Any

from workbench import locale
from workbench.ui.minutes.record import HEAD_OFFICE, Decision, Person, RoomRecord
from workbench.ui.state.parts import Kpi

MESSAGE_PREFIXES = (
    "room_minutes.stage.",
    "room_minutes.title.",
    "room_minutes.became.",
    "review_hypotheses.measure.",
    "review_hypotheses.direction.",
)
_SHORT, LONGER = 60, 160
"""Letters of an idea in a title, and where its whole text stands elsewhere."""


class Words:
    """Puts one record into words.

    Parameters
    ----------
    record : RoomRecord
        What `read_room` read.
    lang : {"en", "zh_CN"}
        The reader's language.
    """

    def __init__(self, record: RoomRecord, lang: str) -> None:
        self.record, self.lang = record, lang

    def t(self, key: str, **values: Any) -> str:
        """Return a message in the reader's language."""
        return locale.text(key, self.lang, **values)

    def title(self) -> str:
        """Return the finding: what got most votes, or how far the room has come."""
        record = self.record
        n, people = len(record.ideas), len(record.people)
        if record.private:
            return self.t("room_minutes.title.private", n=n, people=people)
        if not n:
            return self.t("room_minutes.title.nothing", people=people)
        ranked = sorted((idea.votes for idea in record.ideas.values()), reverse=True)
        if not ranked[0]:
            return self.t("room_minutes.title.no_votes", n=n, people=people)
        first = [idea for idea in record.ideas.values() if idea.votes == ranked[0]]
        if len(first) > 1:
            return self.t("room_minutes.title.tied", n=n, people=people, first=len(first), votes=ranked[0])
        idea = short(first[0].text)
        return self.t("room_minutes.title.voted", n=n, people=people, idea=idea, votes=ranked[0])

    def segment(self) -> str:
        """Return whom the room was about."""
        label = self.record.room["segment"]
        if not label:
            return self.t("room_minutes.everybody")
        profile = self.record.profile
        return str(profile.get("segment_zh") or label) if self.lang == "zh_CN" else str(label)

    def side(self, side: str) -> str:
        """Return a side's name: head office, or the branch as it called itself."""
        return self.t("room_minutes.head_office") if side == HEAD_OFFICE else side

    def who(self, person: Person | None, name: str = "") -> str:
        """Return who made a move: the facilitator, or somebody's number and side."""
        if person is None:
            return name or self.t("room_minutes.facilitator")
        told = self.t("room_minutes.person", number=person.number)
        return " · ".join(part for part in (person.name or told, self.side(person.side)) if part)

    def stage(self, stage: str) -> str:
        """Return a stage's name."""
        return self.t(f"room_minutes.stage.{stage}")

    def length(self, minutes: float | None) -> str:
        """Return a length in minutes."""
        return "" if minutes is None else self.t("room_minutes.minutes", n=plain(minutes))

    def what(self, decision: Decision) -> str:
        """Return what was decided, in one sentence."""
        made = decision.made
        zh = self.lang == "zh_CN"
        if decision.kind == "label":
            return (made.get("segment_zh") if zh else "") or made.get("segment", "")
        if decision.kind == "description":
            both = made.get("description", ""), made.get("description_zh", "")
            return (both[1] or both[0]) if zh else (both[0] or both[1])
        if decision.kind == "strategy":
            return made.get("name") or made.get("template", "")
        if decision.kind == "hypothesis":
            return made.get("sentence", "")
        return made.get("reason", "")

    def of_ideas(self, decision: Decision) -> list[str]:
        """Return the ideas of a decision, each as long as a line."""
        return [short(text, LONGER) for text in decision.texts]

    def measured(self, decision: Decision) -> str:
        """Return how a hypothesis is measured; nothing for other decisions."""
        if decision.kind != "hypothesis":
            return ""
        made = decision.made
        measure = self.t(f"review_hypotheses.measure.{made.get('outcome', '')}")
        direction = self.t(f"review_hypotheses.direction.{made.get('direction') or 'up'}")
        return self.t("room_minutes.measured", measure=measure, direction=direction)

    def became(self, decision: Decision) -> str:
        """Return what has become of a decision since."""
        key = f"room_minutes.became.{decision.kind}.{decision.became}"
        return self.t(key, id=decision.made_id, version=decision.version)

    def of_side(self, office: int, branch: int) -> str:
        """Return people by side in one line."""
        return self.t("room_minutes.by_side", office=office, branch=branch)

    # Figures -----------------------------------------------------------------------------

    def counts(self) -> dict[str, tuple[int, str]]:
        """Return the key figures with a note each: people, ideas, groups, votes, decisions."""
        record = self.record
        office = sum(person.side == HEAD_OFFICE for person in record.people)
        groups = [theme for theme in record.themes if theme.name]
        alone = sum(len(theme.ideas) for theme in record.themes if not theme.name)
        voters = {line.person for line in record.lines if line.action == "vote"}
        each = record.room["votes_each"]
        return {
            "people": (len(record.people), self.of_side(office, len(record.people) - office)),
            "ideas": (len(record.ideas), "" if record.private else self.t("room_minutes.alone", n=alone)),
            "groups": (len(groups), ""),
            "votes": (record.votes, self.t("room_minutes.voters", n=len(voters), each=each)),
            "decisions": (len(record.decisions), self.stage(record.room["stage"])),
        }

    def kpis(self) -> list[Kpi]:
        """Return the strip of key figures."""
        names = self.figure_names()
        return [Kpi(names[name], str(n), note=note) for name, (n, note) in self.counts().items()]

    def figure_names(self) -> dict[str, str]:
        """Return what the key figures are called."""
        return {
            "people": self.t("room_minutes.figure.people"),
            "ideas": self.t("room_minutes.figure.ideas"),
            "groups": self.t("room_minutes.figure.groups"),
            "votes": self.t("room_minutes.figure.votes"),
            "decisions": self.t("room_minutes.figure.decisions"),
        }


def short(text: str, most: int = _SHORT) -> str:
    r"""Return what somebody wrote as it fits into a title.

    Examples
    --------
    >>> short("Call  them\nearly"), len(short("x" * 10_000))
    ('Call them early', 60)
    """
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def plain(minutes: float) -> str:
    """Return a length in minutes, without a needless decimal.

    Examples
    --------
    >>> plain(3.0), plain(2.54)
    ('3', '2.5')
    """
    return locale.decimal(minutes, 1).removesuffix(".0")
