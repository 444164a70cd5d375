"""Requests to change a strategy on the screen: asked with their evidence, answered by an analyst."""

from __future__ import annotations

import uuid
from typing import Any

from workbench import locale
from workbench.errors import Conflict
from workbench.ui.state.parts import Banner

MESSAGE_PREFIXES = ("execution_voice_page.state.",)
SIGNS = {"asked": "○", "accepted": "✓", "declined": "✕", "done": "✓"}
TONES = {"asked": "a", "accepted": "g", "declined": "", "done": "g"}


class RequestDesk:
    """The requests of a section, in the execution or the strategy screen.

    Parameters
    ----------
    state : SectionState
        The section that shows them.
    """

    def __init__(self, state: Any) -> None:
        self._state = state

    @property
    def _room(self) -> Any:
        return self._state.project.execution.feedback

    def rows(self, strategy_id: str = "") -> list[dict[str, Any]]:
        """Return the requests in words: one's own and those that wait first.

        Parameters
        ----------
        strategy_id : str, default=""
            Only to change this strategy, and the one that drafted it.
        """
        state, t = self._state, self._state.t
        if not state.may("contributor"):
            return []
        frame = self._room.requests()
        if strategy_id:
            frame = frame[frame["strategy_id"].eq(strategy_id) | frame["card_id"].eq(strategy_id)]
        labels = self._room.labels(state.lang)
        rows = []
        for row in frame.to_dict("records"):
            evidence = row["evidence"]
            rows.append(
                {
                    "id": int(row["request_id"]),
                    "strategy": row["strategy_id"],
                    "state": row["state"],
                    "word": f"{SIGNS[row['state']]} {t('execution_voice_page.state.' + row['state'])}",
                    "tone": TONES[row["state"]],
                    "what": row["what"],
                    "why": row["why"],
                    "evidence": self._evidence(evidence, labels.get(row["code"], "")),
                    "by": row["asked_by"],
                    "at": locale.timestamp(row["asked_at"]),
                    "mine": row["mine"],
                    "carried": row["cycle_id"] if row["carried"] else "",
                    "answer": row["answer"],
                    "answered_by": row["answered_by"] or "",
                    "card": row["card_id"] or "",
                    "version": int(row["row_version"]),
                }
            )
        rows.sort(key=lambda row: (row["state"] != "asked", not row["mine"], -row["id"]))
        return rows

    def _evidence(self, evidence: dict[str, Any], label: str) -> str:
        t, digest = self._state.t, evidence.get("digest")
        n = int(evidence.get("n", 0))
        if digest and digest.get("limit") is not None:
            values = {"n_new": digest["n_new"], "limit": round(digest["limit"])}
            return t("execution_voice_page.requests.evidence_limit", label=label, n=n, **values)
        if label:
            return t("execution_voice_page.requests.evidence", label=label, n=n)
        return t("execution_voice_page.requests.evidence_notes", n=n)

    def counts(self, strategy_id: str = "") -> dict[str, int]:
        """Return how many requests are in each state; for every reader."""
        frame = self._room.requests(strategy_id or None)
        return {name: int(frame["state"].eq(name).sum()) for name in SIGNS}

    # Asking and answering ----------------------------------------------------------

    def ask(self, code: str, fields: dict[str, str]) -> None:
        """Ask for a change on the strength of what was said under a code."""
        what, why = fields.get("what", ""), fields.get("why", "")
        strategy_id = fields.get("strategy_id", "")
        number = self._room.ask_change(strategy_id, what, why, code=code, key=uuid.uuid4().hex)
        self._say("execution_voice_page.done.asked", request=number, strategy=strategy_id)

    def accept(self, fields: dict[str, str]) -> str:
        """Accept a request, and return the card that was drafted for it; empty where somebody was faster."""
        card: str = self._answer(
            lambda number, version: self._room.accept(
                number, fields.get("answer", ""), expected_version=version, lang=self._state.lang
            ),
            fields,
        )
        if card:
            self._say("execution_voice_page.done.accepted", request=fields["request"], card=card)
        return card

    def decline(self, fields: dict[str, str]) -> None:
        """Decline a request with its reason."""

        def decline(number: int, version: int | None) -> str:
            self._room.decline(number, fields.get("answer", ""), expected_version=version)
            return "declined"

        if self._answer(decline, fields):
            self._say("execution_voice_page.done.declined", request=fields["request"])

    def finish(self, value: str) -> None:
        """Say that an accepted change is made; the value is the request and its version."""
        number, _, version = value.partition(":")

        def finish(which: int, seen: int | None) -> str:
            self._room.finish(which, expected_version=seen)
            return "done"

        if self._answer(finish, {"request": number, "version": version}):
            self._say("execution_voice_page.done.finished", request=number)

    def _answer(self, act: Any, fields: dict[str, str]) -> str:
        number, version = fields.get("request", ""), fields.get("version", "")
        if not number.isdigit():
            return ""
        try:
            return str(act(int(number), int(version) if version.isdigit() else None))
        except Conflict:
            self._say("execution_voice_page.done.faster", kind="warn", request=number)
            return ""

    def _say(self, key: str, kind: str = "done", **values: Any) -> None:
        self._state.load()
        self._state.screen.banner = Banner(kind, key, values)  # type: ignore[arg-type]
        self._state.touch()
