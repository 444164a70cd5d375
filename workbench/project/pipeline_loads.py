"""Opportunities of another system, checked before they are brought in."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.project.quota import to_whole
from workbench.store.opportunity_rows import EVENTS, LONGEST_KEY

if TYPE_CHECKING:
    from workbench.project.pipeline_template import PipelineTemplate

_ENDS = ("won", "lost")


def read_loaded(
    opportunities: pd.DataFrame,
    moves: pd.DataFrame,
    answers: pd.DataFrame | None,
    *,
    source: str,
    template: PipelineTemplate,
    currency: str,
    until: dt.date,
    cycle_id: str | None,
) -> list[dict[str, Any]]:
    """Return what the store takes; see `Pipeline.load` for the tables.

    Raises
    ------
    ParameterProblem
        If a history is not possible; the sentence names the opportunity's key.
    """
    steps, reasons, questions = template.steps(), template.reasons(), template.questions()
    by_key = dict(list(moves.sort_values("at", kind="stable").groupby("key", sort=False)))
    told = {} if answers is None else dict(list(answers.groupby("key", sort=False)))
    found = []
    for row in opportunities.to_dict("records"):
        key = str(row["key"])
        history: list[dict[str, Any]] = []
        step = ""
        for number, move in enumerate(by_key[row["key"]].to_dict("records") if row["key"] in by_key else ()):
            event, at = str(move["event"]), pd.Timestamp(move["at"]).to_pydatetime()
            to_step = step if event in _ENDS else str(move["to_step"])
            reason = _text(move.get("reason"))
            ended = bool(history) and history[-1]["event"] in _ENDS
            wrong = (
                event not in EVENTS
                or (event == "opened") != (number == 0)
                or to_step not in steps
                or ended != (event == "reopened")
                or (event in _ENDS and (reason not in reasons or reasons[reason].ends != event))
                or at.date() > until
            )
            if wrong:
                raise ParameterProblem(
                    "execution_pipeline.error.history", key=key[:60], number=number + 1, event=event[:40]
                )
            history.append(
                {
                    "key": _key(source, key, number),
                    "event": event,
                    "from_step": step,
                    "to_step": to_step,
                    "reason": reason,
                    "note": _text(move.get("note")),
                    "at": at,
                    "who": str(move["who"]),
                }
            )
            step = to_step
        if not history:
            raise ParameterProblem("execution_pipeline.error.history", key=key[:60], number=1, event="-")
        mine = told[row["key"]].to_dict("records") if row["key"] in told else []
        next_on = row.get("next_on")
        is_open = history[-1]["event"] not in _ENDS
        found.append(
            {
                "customer_id": str(row["customer_id"]),
                "offer": str(row["offer"]),
                "title": _text(row.get("title")),
                "amount": to_whole(row["amount"], "CNY"),
                "currency": _text(row.get("currency")) or currency,
                "expected_close": pd.Timestamp(row["expected_close"]).date(),
                "owner": str(row["owner"]),
                "next_action": _text(row.get("next_action")) if is_open else "",
                "next_on": pd.Timestamp(next_on).date() if is_open and not pd.isna(next_on) else None,
                "strategy_id": _text(row.get("strategy_id")) or None,
                "cycle_id": cycle_id,
                "history": history,
                "answers": [
                    {
                        "key": _key(source, key, f"answer {number}"),
                        "question": str(each["question"]),
                        "answer": questions[str(each["question"])].read(str(each["answer"])),
                        "at": pd.Timestamp(each["at"]).to_pydatetime(),
                        "who": str(each["who"]),
                    }
                    for number, each in enumerate(mine)
                    if str(each["question"]) in questions
                ],
            }
        )
    return found


def _text(cell: Any) -> str:
    return "" if cell is None or pd.isna(cell) else str(cell)


def _key(source: str, key: str, number: int | str) -> str:
    """Return the key under which an entry is brought in once."""
    whole = f"{source}:{key}:{number}"
    return whole if len(whole) <= LONGEST_KEY else hashlib.sha256(whole.encode()).hexdigest()
