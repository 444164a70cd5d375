"""What comes out of a brainstorm room: ideas become labels, descriptions, strategies, hypotheses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.store.content import canonical_json, hash_text

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.store.rooms import Rooms as StoredRooms

DECISIONS = ("label", "description", "strategy", "hypothesis", "none")
"""What an idea can become; ``none`` writes down that it was left."""


class Decisions:
    """The part of `Rooms` that makes something of ideas."""

    _project: Project
    _store: StoredRooms

    def ideas(self, room_id: int) -> pd.DataFrame:
        """Return the ideas that stand; `Rooms` does."""
        raise NotImplementedError

    def segment_now(self, room_id: int) -> str:
        """Return what a room's segment is called now: the room may have given it another label.

        Parameters
        ----------
        room_id : int
            The room.

        Returns
        -------
        str
            The label; empty for a room about all customers.
        """
        name = str(self._store.find(room_id)["segment"])
        for move in self._store.moves(room_id):
            if move["action"] == "decide" and move["content"]["kind"] == "label":
                name = str(move["content"]["segment"])
        return name

    def decide(self, room_id: int, kind: str, idea_ids: Sequence[int], **made: Any) -> dict[str, Any]:
        """Make something of ideas, and write it down in the room: both happen, or neither.

        Parameters
        ----------
        room_id : int
            The room, in its last stage.
        kind : {"label", "description", "strategy", "hypothesis", "none"}
            ``label`` renames the room's segment (``segment``, ``segment_zh``);
            ``description`` describes it (``description``, ``description_zh``); ``strategy``
            drafts a card (``template``, and any of its columns); ``hypothesis`` writes one
            (``sentence``, ``outcome``, ``direction``, ``threshold``, ``strategy_id``);
            ``none`` leaves the ideas, with a ``reason``.
        idea_ids : sequence of int
            The ideas it is made of.
        **made : Any
            As the kind needs it.

        Returns
        -------
        dict
            kind, idea_ids, and what was made: segmentation, strategy_id, hypothesis_id.

        Raises
        ------
        ParameterProblem
            If the room has not come to its last stage, it has no segment to label, an idea
            is not its own, or what is to be made is refused.
        """
        if kind not in DECISIONS:
            raise ParameterProblem("rooms.error.decision", kind=kind, kinds=", ".join(DECISIONS))
        room = self._store.find(room_id)
        unknown = sorted(set(idea_ids) - set(self.ideas(room_id)["idea_id"]))
        if unknown:
            raise ParameterProblem("rooms.error.unknown_ideas", ideas=", ".join(map(str, unknown)))
        if kind in ("label", "description") and not room["segment"]:
            raise ParameterProblem("rooms.error.no_segment_to_label")
        wanted = {"kind": kind, "idea_ids": sorted(int(idea) for idea in idea_ids), "made": made}
        key = hash_text(canonical_json(wanted))[:32]
        make = getattr(self, f"_make_{kind}")
        return self._store.decide(
            room_id, wanted, f"decide:{key}", make=lambda: make(room, wanted["idea_ids"], made)
        )

    def _make_none(self, _room: Any, _ideas: list[int], _made: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    def _make_label(self, room: Any, ideas: list[int], made: Mapping[str, Any]) -> dict[str, Any]:
        return self._relabel(room, str(made.get("segment", "")), ideas, segment_zh=made.get("segment_zh"))

    def _make_description(self, room: Any, ideas: list[int], made: Mapping[str, Any]) -> dict[str, Any]:
        return self._relabel(
            room,
            self.segment_now(room["room_id"]),
            ideas,
            description=made.get("description"),
            description_zh=made.get("description_zh"),
        )

    def _relabel(self, room: Any, segment: str, ideas: list[int], **texts: Any) -> dict[str, Any]:
        now = self._project.insight.segmentation()
        name = self.segment_now(room["room_id"])
        rows = now.segments[now.segments["segment"] == name]
        if rows.empty:
            known = ", ".join(now.segments["segment"])
            raise NotFound("rooms.error.no_segment", segment=name, known=known)
        note = f"Brainstorm room {room['code']}, ideas {', '.join(map(str, ideas))}"
        new = self._project.insight.relabel(int(rows["cluster"].iloc[0]), segment, note=note, **texts)
        return {"segmentation": new.artefact_id, "version": new.version, "segment": segment.strip()}

    def _make_strategy(self, room: Any, _ideas: list[int], made: Mapping[str, Any]) -> dict[str, Any]:
        from workbench.strategy import draft_card

        strategy = self._project.strategy
        taken = {str(each) for each in strategy.cards()["strategy_id"]}
        number = next(f"S{n}" for n in range(1, len(taken) + 2) if f"S{n}" not in taken)
        fields = dict(made)
        cycle = self._project.need_cycle()
        card = draft_card(
            str(fields.pop("template", "")),
            self.segment_now(room["room_id"]),
            starts_on=fields.pop("starts_on", cycle.snapshot_date),
            strategy_id=number,
            lang=str(fields.pop("lang", "en")),
            columns=self._project.imports.portrait_columns(),
        )
        strategy.save_card(card | fields, None)
        return {"strategy_id": number}

    def _make_hypothesis(self, room: Any, ideas: list[int], made: Mapping[str, Any]) -> dict[str, Any]:
        source_id = f"{room['room_id']}:{','.join(map(str, ideas))}"
        fields = {"segment": self.segment_now(room["room_id"]), **made}
        number = self._project.review.hypotheses.add(**fields, source="room", source_id=source_id)
        return {"hypothesis_id": number}
