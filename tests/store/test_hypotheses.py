"""Hypotheses in SQL: versions, what was known when they were written, and the seal."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
import sqlalchemy as sa

from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.store import Store, open_store, schema

ON_BOTH = True

CYCLE = "2026 Q2"
NASTY = "<script>alert(1)</script>"


def row(**changes: object) -> dict[str, object]:
    return {
        "sentence": "Calls work",
        "outcome": "uplift",
        "segment": "",
        "direction": "up",
        "threshold": 0,
        "strategy_id": "S1",
        **changes,
    }


def know_outcomes(store: Store) -> None:
    """Launch a list and record one outcome of it."""
    targets = pd.DataFrame({"customer_id": ["C1"], "strategy_id": ["S1"], "arm": ["treatment"]})
    artefact = store.artefacts.save("target_list", {"targets": targets}, cycle_id=CYCLE)
    named = ("name", "objective", "segment", "scenario", "offer", "channel")
    card = {"strategy_id": "S1", **dict.fromkeys(named, "x")}
    store.cards.replace(CYCLE, [card])
    values = {
        "list_id": "L1",
        "cycle_id": CYCLE,
        "strategy_id": "S1",
        "artefact_id": artefact.artefact_id,
        "sha256": "0" * 64,
        "n": 1,
        "n_control": 0,
        "card": "{}",
        "launched_at": dt.datetime(2026, 7, 1),
        "launched_by": "lin",
    }
    with store.database.engine.begin() as connection:
        connection.execute(sa.insert(schema.target_lists).values(**values))
    store.results.add(
        [],
        [
            {
                "outcome_id": "O1",
                "list_id": "L1",
                "strategy_id": "S1",
                "customer_id": "C1",
                "recorded_at": dt.datetime(2026, 7, 2),
                "responded": True,
                "amount": None,
            }
        ],
    )


def test_every_version_is_kept(store: Store) -> None:
    area = store.hypotheses
    assert area.add(CYCLE, row(sentence=NASTY), "sample", "7") == "H1"
    assert area.add(CYCLE, row(segment="A")) == "H2"
    first, second = area.rows(CYCLE)
    assert (first["sentence"], first["source"], first["source_id"], first["threshold"]) == (
        NASTY,
        "sample",
        "7",
        0.0,
    )
    assert (second["source"], second["row_version"], second["exploratory"]) == ("analyst", 1, False)
    assert area.save(CYCLE, "H2", row(segment="B"), 1) == 2
    assert area.save(CYCLE, "H2", row(segment="B"), 2) == 2, "the same again is no change"
    area.withdraw(CYCLE, "H2", "said twice")
    told = area.history(CYCLE, "H2")
    assert [(each["event"], each["segment"]) for each in told] == [
        ("written", "A"),
        ("changed", "B"),
        ("withdrawn", "B"),
    ]
    assert told[-1]["note"] == "said twice"
    assert area.rows(CYCLE)[1]["withdrawn_at"] is not None
    assert len(area.history(CYCLE)) == 4
    with pytest.raises(ParameterProblem, match="withdrawn"):
        area.save(CYCLE, "H2", row(), 3)
    assert {"hypothesis.add", "hypothesis.save", "hypothesis.withdraw"} <= set(
        store.trail.audit_log(None)["action"]
    )


def test_the_second_of_two_editors_sees_the_difference(store: Store) -> None:
    store.hypotheses.add(CYCLE, row())
    store.hypotheses.save(CYCLE, "H1", row(threshold=0.02), 1)
    with pytest.raises(Conflict) as caught:
        store.hypotheses.save(CYCLE, "H1", row(threshold=0.05, sentence=NASTY), 1)
    assert caught.value.difference == {"threshold": (0.05, 0.02), "sentence": (NASTY, "Calls work")}


def test_once_the_data_are_in_a_hypothesis_is_sealed(store: Store) -> None:
    area = store.hypotheses
    area.add(CYCLE, row())
    area.add(CYCLE, row(outcome="churn", direction="down", strategy_id="S1"))
    know_outcomes(store)
    for change in (
        lambda: area.save(CYCLE, "H1", row(direction="down"), 1),
        lambda: area.withdraw(CYCLE, "H1", "it looks bad"),
    ):
        with pytest.raises(ParameterProblem, match="stays as it was written"):
            change()
    # Who churns only the next snapshot shows.
    assert area.save(CYCLE, "H2", row(outcome="churn", direction="down", threshold=-0.01), 1) == 2
    # One that looks at data that are there is marked.
    area.add(CYCLE, row(sentence="I told you so"))
    assert [each["exploratory"] for each in area.rows(CYCLE)] == [False, False, True]
    store.cycles.open("2026 Q9", dt.date(2026, 9, 30), opened_from=CYCLE)
    store.artefacts.save("portrait", {"customers": pd.DataFrame({"a": [1]})}, cycle_id="2026 Q9")
    with pytest.raises(ParameterProblem, match="stays as it was written"):
        area.withdraw(CYCLE, "H2", "too late")


@pytest.mark.parametrize(
    "change, sentence",
    [({"sentence": " "}, "1 to 300"), ({"sentence": "x" * 301}, "301")],
)
def test_a_sentence_that_is_none_is_refused(store: Store, change, sentence) -> None:
    with pytest.raises(ParameterProblem, match=sentence):
        store.hypotheses.add(CYCLE, row(**change))
    with pytest.raises(ParameterProblem, match="comes from"):
        store.hypotheses.add(CYCLE, row(), "hearsay")
    with pytest.raises(NotFound, match="H7"):
        store.hypotheses.save(CYCLE, "H7", row(), 1)
    store.hypotheses.add(CYCLE, row())
    with pytest.raises(ParameterProblem, match="why"):
        store.hypotheses.withdraw(CYCLE, "H1", " ")


def test_a_reader_writes_nothing(store: Store) -> None:
    store.hypotheses.add(CYCLE, row())
    viewer = open_store(store.hypotheses.project_folder, url=store.database.url, role="viewer")
    assert len(viewer.hypotheses.rows(CYCLE)) == 1
    for write in (
        lambda: viewer.hypotheses.add(CYCLE, row()),
        lambda: viewer.hypotheses.save(CYCLE, "H1", row(), 1),
        lambda: viewer.hypotheses.withdraw(CYCLE, "H1", "x"),
    ):
        with pytest.raises(NotAllowed):
            write()
