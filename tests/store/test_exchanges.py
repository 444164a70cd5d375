"""Corrections that others propose, and large files that are let in at once or not at all."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
import sqlalchemy as sa

from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.store import Store, open_store, schema
from workbench.store.staging import moment_text

ON_BOTH = True
AT = dt.datetime(2026, 10, 12, 9, 30)
CARD = {
    "strategy_id": "S1",
    "name": "Renew at maturity",
    "objective": "Keep",
    "segment": "a",
    "lifecycle_stages": "",
    "scenario": "event",
    "offer": "time_deposit",
    "channel": "phone",
    "script": None,
    "value_per_response": 10.0,
    "cost_per_contact": 1.0,
    "expected_response": 0.1,
    "control_share": 0.1,
    "starts_on": pd.Timestamp("2026-10-08"),
    "ends_on": pd.NaT,
}


def correction(key: str = "k1", **changes):
    row = {
        "correction_key": key,
        "customer_id": "0000000007",
        "column_name": "phone",
        "old_value": None,
        "new_value": "13812341234",
        "source": "crm.csv",
        "said_by": "lin",
        "said_at": AT,
        "note": "",
    }
    return row | changes


def test_a_proposal_is_kept_once_and_decided_once(store: Store) -> None:
    kept = store.corrections
    assert kept.propose([correction(), correction("k2", column_name="branch")]) == (2, 0)
    assert kept.propose([correction(new_value="another"), correction("k3")]) == (1, 1)
    rows = kept.frame("open")
    assert rows["new_value"].tolist() == ["13812341234"] * 3
    first, second, third = (int(n) for n in rows["correction_id"])
    with pytest.raises(ParameterProblem):
        kept.decide(first, "declined", " ")
    with pytest.raises(ParameterProblem):
        kept.decide(first, "perhaps")
    with pytest.raises(NotFound):
        kept.decide(99, "accepted")
    kept.decide(second, "accepted")
    kept.decide(first, "declined", "The customer says otherwise")
    with pytest.raises(Conflict, match="declined already, by lin"):
        kept.decide(first, "accepted")
    with pytest.raises(Conflict):
        kept.decide(third, "accepted", expected_version=9)
    assert kept.counts() == {"open": 1, "accepted": 1, "declined": 1}
    assert kept.last_accepted() == 1
    assert kept.frame("accepted")["correction_id"].tolist() == [second]
    assert [row["action"] for row in store.exchanges.log()] == [
        "correction.declined",
        "correction.accepted",
        "corrections.propose",
        "corrections.propose",
    ]
    with pytest.raises(ParameterProblem):
        kept.propose([correction("k4", note="x" * 1001)])


def test_who_may_do_what(store: Store, database: str | None) -> None:
    store.corrections.propose([correction()])
    other = open_store(store.artefacts.project_folder, url=database, role="contributor")
    other.corrections.propose([correction("k2")])
    with pytest.raises(NotAllowed):
        other.corrections.decide(1, "accepted")
    with pytest.raises(NotAllowed):
        other.exports.begin_leads("L1", masked=False, reason="the CRM asks")
    with pytest.raises(ParameterProblem):
        store.exports.begin_leads("L1", masked=False, reason=" ")
    viewer = open_store(store.artefacts.project_folder, url=database, role="viewer")
    with pytest.raises(NotAllowed), viewer.exchanges.staging():
        pass


def test_an_answer_is_kept_under_its_key(store: Store) -> None:
    store.exchanges.keep_answer("k", "/outcomes", "0" * 64, 200, "{}")
    store.exchanges.keep_answer("k", "/outcomes", "1" * 64, 500, "late")
    answer = store.exchanges.answer("k")
    assert answer is not None
    assert (answer["status"], answer["content"]) == (200, "{}")
    assert store.exchanges.answer("other") is None


@pytest.fixture
def listed(store: Store) -> Store:
    """A store with one launched list."""
    frame = pd.DataFrame({"customer_id": ["1"]})
    store.cards.replace("2026 Q2", [CARD])
    made = store.artefacts.save("target_list", {"targets": frame})
    given = {"artefact_id": made.artefact_id, "n": 1, "n_control": 0, "sha256": "x", "seed": 1}
    store.lists.launch("L1", cycle_id="2026 Q2", strategy_id="S1", card=CARD, **given)
    return store


def contact(n: int) -> tuple:
    return (f"c{n:03}", "L1", "S1", f"{n:010}", moment_text(AT), None, "reached", "lin")


def outcome(n: int) -> tuple:
    return (f"c{n:03}", "L1", "S1", f"{n:010}", moment_text(AT), n % 2 == 0, n / 2, "", "f.csv")


def put(store: Store, numbers: range, **more):
    with store.exchanges.staging() as staged:
        staged.put("contact", [contact(n) for n in numbers[:2]])
        staged.put("contact", [contact(n) for n in numbers[2:]])
        staged.put("outcome", [outcome(n) for n in numbers])
        return store.exchanges.let_in(staged, source="raw:abc", raw=("abc", "f.csv", 12), **more)


def test_what_was_staged_is_let_in_at_once(listed: Store, monkeypatch) -> None:
    store = listed
    monkeypatch.setattr("workbench.store.staging._STEP", 2)
    assert put(store, range(5), rows_read=5) == (5, 5)
    # The same again, and some more.
    assert put(store, range(3, 8), rows_read=5) == (3, 3)
    contacts, outcomes = store.results.contacts(["L1"]), store.results.outcomes(["L1"])
    assert contacts["contact_id"].tolist() == [f"c{n:03}" for n in range(8)]
    assert set(contacts["contacted_at"]) == {AT}
    assert outcomes["responded"].tolist() == [True, False] * 4
    assert outcomes["amount"].tolist() == [n / 2 for n in range(8)]
    with store.database.reading() as connection:
        positions = connection.execute(sa.select(schema.contacts.c.position)).scalars().all()
    assert len(set(positions)) == 8
    assert store.exchanges.known_keys(["L1"]) == set(contacts["contact_id"])
    known = list(store.exchanges.known_results(["L1"], size=5))
    assert [len(rows) for rows in known] == [5, 3]
    assert ("raw:abc", "results:L1") in store.trail.edges()
    assert [row["name"] for row in store.trail.raw_files()] == ["f.csv"]
    log = store.exchanges.log(1)[0]
    assert log["facts"]["rows_read"] == 5
    assert log["facts"]["contacts"] == 3


def test_what_is_cancelled_leaves_nothing(listed: Store, monkeypatch) -> None:
    store = listed
    monkeypatch.setattr("workbench.store.staging._STEP", 2)

    class Stopped(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.6:
            raise Stopped

    with pytest.raises(Stopped):
        put(store, range(6), tell=stop)
    assert store.results.counts(["L1"]) == {"contacts": 0, "outcomes": 0}
    assert store.exchanges.log() == []
    assert store.trail.raw_files() == []
    with store.database.connected() as connection:
        assert "staged_contact" not in sa.inspect(connection).get_table_names()
    # Others write while rows wait.
    with store.exchanges.staging() as staged:
        staged.put("contact", [contact(1)])
        open_store(store.artefacts.project_folder, url=str_url(store)).comments.add(
            "insight", "meanwhile", None
        )
    store.cycles.freeze("2026 Q2", "the evaluation begins")
    with pytest.raises(ParameterProblem):
        put(store, range(2))


def str_url(store: Store) -> str | None:
    url = store.database.url
    return None if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=False)
