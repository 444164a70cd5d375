"""What comes out of a room: ideas chosen, made into something, and what became of that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterProblem
from workbench.project.room_decisions import DECISIONS
from workbench.strategy import read_templates, translate_strategies
from workbench.tables.hypotheses import DIRECTIONS, MEASURES
from workbench.ui import request
from workbench.ui.state.base import NOTEBOOKS
from workbench.ui.state.sections.hypotheses_form import read_hypothesis

if TYPE_CHECKING:
    from workbench.ui.state.sections.room import RoomState

MESSAGE_PREFIXES = (
    "insight_brainstorm.kind.",
    "insight_brainstorm.became.",
    "review_hypotheses.measure.",
    "review_hypotheses.direction.",
    "review_hypotheses.state.",
    "review_hypotheses.reason.",
)
ABOUT_SEGMENT = ("label", "description")
SIGNS = {"supported": "✓", "refuted": "✕", "open": "?"}
TONES = {"supported": "g", "refuted": "x", "open": "w"}
_CHINESE = re.compile("[\u3400-\u9fff]")
_LONGEST_NAME = 80


class RoomDecisions:
    """The decisions of the room that is shown.

    Parameters
    ----------
    state : RoomState
        The section.

    Attributes
    ----------
    picked : list of int
        The ideas that the next decision is made of.
    kind : str
        What they are to become.
    """

    def __init__(self, state: RoomState) -> None:
        self._state = state
        self.picked: list[int] = []
        self.kind = "hypothesis"

    def leave(self) -> None:
        """Let go of the ideas that were picked."""
        self.picked, self.kind = [], "hypothesis"

    # Choosing --------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether the room decides now."""
        return self._state.is_live and self._state.stage == "decide"

    def pick(self, ideas: Sequence[int]) -> None:
        """Take these ideas into the next decision, as they are ticked on the board."""
        known = set(self._state.ideas["idea_id"]) if len(self._state.ideas) else set()
        self.picked = sorted({int(idea) for idea in ideas} & known)
        self._state.touch()

    def choose_kind(self, kind: str) -> None:
        """Choose what the ideas are to become."""
        if kind in self.kinds():
            self.kind = kind
            self._state.touch()

    def kinds(self) -> list[str]:
        """Return what ideas of this room can become."""
        has_segment = self._state.room is not None and bool(self._state.room["segment"])
        return [kind for kind in DECISIONS if has_segment or kind not in ABOUT_SEGMENT]

    # The form --------------------------------------------------------------------

    def form(self) -> dict[str, Any] | None:
        """Return the form of the kind that is chosen, filled from the picked idea with the most votes."""
        state = self._state
        if not self.picked or not self.is_open:
            return None
        rows = state.ideas[state.ideas["idea_id"].isin(self.picked)]
        rows = rows.sort_values("votes", ascending=False, kind="stable")
        if rows.empty:
            return None
        first = rows.iloc[0]
        idea = " ".join(str(first["text"]).split())
        chinese = bool(_CHINESE.search(idea))
        return {
            "kind": self.kind,
            "kinds": [(kind, state.t(f"insight_brainstorm.kind.{kind}")) for kind in self.kinds()],
            "seed": f"{self.kind}-{first['idea_id']}",
            "ideas": [str(text) for text in rows["text"]],
            "idea": idea,
            "in_english": "" if chinese else idea,
            "in_chinese": idea if chinese else "",
            "short": idea[:_LONGEST_NAME],
            "segment": state.segment_name(state.segment),
            "label": state.segment,
            **self._choices(),
        }

    def _choices(self) -> dict[str, Any]:
        state = self._state
        if self.kind == "strategy":
            return {
                "templates": [(k, each.texts[state.lang]["name"]) for k, each in read_templates().items()]
            }
        if self.kind != "hypothesis":
            return {}
        about = bool(state.segment)
        return {
            "outcomes": [(name, state.t(f"review_hypotheses.measure.{name}")) for name in MEASURES],
            "outcome": "churn" if about else "responded",
            "directions": [(name, state.t(f"review_hypotheses.direction.{name}")) for name in DIRECTIONS],
            "direction": "lower" if about else "up",
            "strategies": self._strategies(),
        }

    def _strategies(self) -> list[tuple[str, str]]:
        cards = translate_strategies(self._state.project.strategy.cards(), self._state.lang)
        shown = zip(cards["strategy_id"].astype("str"), cards["name"].astype("str"), strict=True)
        return [(name, f"{name} {words}") for name, words in shown]

    def decide(self, fields: dict[str, str]) -> None:
        """Make of the ideas what the form says, and write it down in the room.

        Raises
        ------
        ParameterProblem
            If no idea is picked, or what is to be made is refused.
        """
        state, kind = self._state, self.kind
        if not self.picked:
            raise ParameterProblem("insight_brainstorm.form.nothing_picked")
        made = self._read(fields)
        found = state.project.insight.rooms.decide(state.chosen, kind, self.picked, **made)
        if kind in ("label", "description", "strategy"):
            # The segmentation or the cards are others now.
            state.screen.load()
        else:
            state.load()
        state.leading.say(f"insight_brainstorm.became.{kind}", **_named(found))

    def _read(self, fields: dict[str, str]) -> dict[str, Any]:
        def text(name: str) -> str:
            return fields.get(name, "").strip()

        if self.kind == "label":
            named = {"segment": text("segment"), "segment_zh": text("segment_zh") or None}
            return {name: value for name, value in named.items() if value is not None}
        if self.kind == "description":
            written = {name: text(name) for name in ("description", "description_zh") if text(name)}
            if not written:
                raise ParameterProblem("insight_brainstorm.form.no_description")
            return written
        if self.kind == "strategy":
            named = {"template": text("template"), "lang": self._state.lang}
            return {**named, "name": text("name")} if text("name") else named
        if self.kind == "hypothesis":
            read = read_hypothesis(fields)
            read.pop("segment")
            return read
        if not text("reason"):
            raise ParameterProblem("insight_brainstorm.form.no_reason")
        return {"reason": text("reason")}

    def python(self) -> str:
        """Return the Python that decides the same kind of thing."""
        made = {
            "label": 'segment="…", segment_zh="…"',
            "description": 'description="…"',
            "strategy": 'template="deposit_maturity"',
            "hypothesis": 'sentence="…", outcome="churn", direction="lower", threshold=0',
            "none": 'reason="…"',
        }[self.kind]
        return f'project.insight.rooms.decide({self._state.chosen}, "{self.kind}", {self.picked}, {made})'

    # What became of it -----------------------------------------------------------

    def _entries(self) -> list[dict[str, Any]]:
        return [move["content"] for move in self._state.moves if move["action"] == "decide"]

    def counts(self) -> dict[str, int]:
        """Return how many decisions made something, and how many left ideas."""
        left = sum(entry["kind"] == "none" for entry in self._entries())
        return {"made": len(self._entries()) - left, "left": left}

    def rows(self) -> list[dict[str, Any]]:
        """Return each decision with the ideas it came from, and what became of it."""
        texts = {}
        if len(self._state.ideas):
            texts = dict(zip(self._state.ideas["idea_id"], self._state.ideas["text"], strict=True))
        return [
            {
                "kind": self._state.t(
                    "insight_brainstorm.out.left"
                    if entry["kind"] == "none"
                    else f"insight_brainstorm.kind.{entry['kind']}"
                ),
                "said": self._said(entry),
                "ideas": [str(texts[idea]) for idea in entry["idea_ids"] if idea in texts],
                **self._became(entry),
            }
            for entry in self._entries()
        ]

    def _said(self, entry: dict[str, Any]) -> str:
        made = entry["made"]
        own = ("segment_zh", "description_zh") if self._state.lang == "zh_CN" else ()
        said = ("segment", "sentence", "description", "name", "reason", "description_zh", "template")
        names: tuple[str, ...] = (*own, *said)
        return next((str(made[name]) for name in names if made.get(name)), "")

    def _became(self, entry: dict[str, Any]) -> dict[str, Any]:
        state, kind = self._state, entry["kind"]
        blank = {"state": "", "tone": "", "why": "", "href": ""}
        known = {**blank, "made": state.t(f"insight_brainstorm.became.{kind}", **_named(entry))}
        if kind == "strategy":
            return {**known, "href": self._address("strategy", "cards")}
        if kind != "hypothesis":
            return known
        rows = state.project.review.hypotheses.frame()
        mine = rows[
            rows["hypothesis_id"].eq(entry["hypothesis_id"])
            & rows["cycle_id"].eq(state.project.cycle.cycle_id)
        ]
        if mine.empty:
            return known
        row = mine.iloc[0]
        verdict = f"{SIGNS[row['state']]} {state.t('review_hypotheses.state.' + row['state'])}"
        if row["reason"] in ("exploratory", "withdrawn"):
            verdict = f"○ {state.t('review_hypotheses.state.' + row['reason'])}"
        return {
            **known,
            "state": verdict,
            "tone": "" if verdict.startswith("○") else TONES[row["state"]],
            "why": "" if row["reason"] == "decided" else state.t(f"review_hypotheses.reason.{row['reason']}"),
            "href": self._address("review", "hypotheses"),
        }

    def _address(self, stage: str, section: str) -> str:
        state = self._state
        found = request.stage_address(
            NOTEBOOKS[stage], state.lang, state.screen.mode, state.project.cycle.cycle_id
        )
        return f"{found}&section={section}" if request.is_published() else found


def _named(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what a sentence names of a decision."""
    return {
        "segment": entry.get("segment", ""),
        "version": entry.get("version", ""),
        "strategy": entry.get("strategy_id", ""),
        "hypothesis": entry.get("hypothesis_id", ""),
    }
