"""Scripts in the store: versions are only added, one is in use, and a call is recorded once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.store import Store, open_store

ON_BOTH = True
CYCLE = "2026 Q2"
CARD = {
    "strategy_id": "S1",
    "name": "Retention call",
    "objective": "keep",
    "segment": "Retirees",
    "scenario": "lifecycle",
    "offer": "time_deposit",
    "channel": "phone",
}


@pytest.fixture
def strategy(store: Store) -> Store:
    """A store with a strategy and a launched list."""
    store.cards.replace(CYCLE, [CARD])
    artefact = store.artefacts.save("target_list", {}, cycle_id=CYCLE, documents={"list": {}}, summary={})
    store.lists.launch(
        "L1",
        cycle_id=CYCLE,
        strategy_id="S1",
        artefact_id=artefact.artefact_id,
        n=2,
        n_control=0,
        sha256="0" * 64,
        seed=1,
        card=CARD,
    )
    return store


def _run(**changed: Any) -> dict[str, Any]:
    run = {
        "strategy_id": "S1",
        "version": 1,
        "list_id": "L1",
        "customer_id": "0001",
        "contact_id": None,
        "segment": "Retirees",
        "moves": [{"step": "hello", "do": "stop", "disposition": "no_answer"}],
        "steps": ["hello"],
        "end_step": "",
        "disposition": "no_answer",
    }
    return run | changed


def test_versions_are_added_and_the_last_is_in_use(strategy: Store) -> None:
    scripts = strategy.scripts
    text = "step 你好 {name}\n\u202e<b>=1+1\0"
    assert (
        scripts.save(CYCLE, "S1", text, title="First", lang="zh_CN", note=" why ", offer="time_deposit") == 1
    )
    assert scripts.save(CYCLE, "S1", "step b", expected_version=1) == 2
    assert scripts.save(CYCLE, "S1", "step c", use=False) == 3
    first = scripts.find("S1", 1)
    assert (first["text"], first["title"], first["note"]) == (text.replace("\0", ""), "First", "why")
    assert (first["saved_by"], first["offer"], first["cycle_id"]) == ("lin", "time_deposit", CYCLE)
    assert [row["version"] for row in scripts.versions("S1")] == [1, 2, 3]
    assert [use["version"] for use in scripts.uses("S1")] == [1, 2]
    assert scripts.uses("S1", []) == []
    log = strategy.trail.audit_log()
    assert log["action"].eq("script.save").sum() == 3


def test_the_newest_text_again_is_no_new_version(strategy: Store) -> None:
    assert strategy.scripts.save(CYCLE, "S1", "a") == strategy.scripts.save(CYCLE, "S1", "a") == 1
    # An older text again is a step back, and written down as one.
    strategy.scripts.save(CYCLE, "S1", "b")
    assert strategy.scripts.save(CYCLE, "S1", "a") == 3


def test_the_second_of_two_editors_sees_what_the_first_wrote(strategy: Store) -> None:
    strategy.scripts.save(CYCLE, "S1", "theirs", expected_version=0)
    with pytest.raises(Conflict, match="newest version is 1") as caught:
        strategy.scripts.save(CYCLE, "S1", "mine", expected_version=0)
    assert caught.value.difference == {"text": ("mine", "theirs")}
    assert len(strategy.scripts.versions("S1")) == 1


def test_a_trial_needs_two_versions_that_exist(strategy: Store) -> None:
    strategy.scripts.save(CYCLE, "S1", "a")
    for other, error in ((1, ParameterProblem), (9, NotFound)):
        with pytest.raises(error):
            strategy.scripts.use(CYCLE, "S1", 1, other_version=other, share=0.5, seed=1)
    with pytest.raises(NotFound, match="S2"):
        strategy.scripts.save(CYCLE, "S2", "a")
    assert len(strategy.scripts.uses("S1")) == 1


def test_a_call_is_recorded_once(strategy: Store) -> None:
    strategy.scripts.save(CYCLE, "S1", "a")
    number = strategy.scripts.record_run(CYCLE, "k1", _run())
    assert strategy.scripts.record_run(CYCLE, "k1", _run()) == number
    with pytest.raises(ParameterProblem, match="another call"):
        strategy.scripts.record_run(CYCLE, "k1", _run(customer_id="0002"))
    strategy.scripts.record_run(CYCLE, "k2", _run())
    found = strategy.scripts.runs("S1", 1, CYCLE)
    assert [row["run_key"] for row in found] == ["k1", "k2"]
    assert (found[0]["steps"], found[0]["moves"]) == (["hello"], _run()["moves"])
    assert strategy.scripts.runs("S1", 2) == []


def test_the_contact_of_a_call_is_one_with_this_customer(strategy: Store) -> None:
    strategy.scripts.save(CYCLE, "S1", "a")
    contact = {
        "contact_id": "c1",
        "list_id": "L1",
        "strategy_id": "S1",
        "customer_id": "0001",
        "contacted_at": dt.datetime(2026, 10, 9, 3),
        "channel": "phone",
        "disposition": "no_answer",
    }
    strategy.results.add([contact])
    for wrong in (_run(contact_id="c2"), _run(contact_id="c1", customer_id="0002")):
        with pytest.raises(NotFound, match="no contact"):
            strategy.scripts.record_run(CYCLE, "k", wrong)
    strategy.scripts.record_run(CYCLE, "k", _run(contact_id="c1"))
    assert strategy.scripts.runs()[0]["contact_id"] == "c1"


@pytest.mark.parametrize("key", ["", "k" * 81])
def test_a_call_needs_a_key(strategy: Store, key: str) -> None:
    with pytest.raises(ParameterProblem, match="1 to 80"):
        strategy.scripts.record_run(CYCLE, key, _run())


def test_a_run_of_no_version_or_list_is_refused(strategy: Store) -> None:
    with pytest.raises(NotFound, match="no branching script 1"):
        strategy.scripts.record_run(CYCLE, "k", _run())
    strategy.scripts.save(CYCLE, "S1", "a")
    with pytest.raises(sa.exc.IntegrityError):
        strategy.scripts.record_run(CYCLE, "k", _run(list_id="no such list"))
    assert strategy.scripts.runs() == []


def test_a_frozen_cycle_takes_neither_scripts_nor_calls(strategy: Store) -> None:
    strategy.scripts.save(CYCLE, "S1", "a")
    strategy.scripts.record_run(CYCLE, "k1", _run())
    strategy.cycles.close(CYCLE)
    for write in (
        lambda: strategy.scripts.save(CYCLE, "S1", "b"),
        lambda: strategy.scripts.use(CYCLE, "S1", 1),
        lambda: strategy.scripts.record_run(CYCLE, "k2", _run()),
    ):
        with pytest.raises(ParameterProblem, match="is frozen since"):
            write()
    # What was confirmed before is confirmed again, not refused.
    strategy.scripts.record_run(CYCLE, "k1", _run())


def test_who_may_write_what(strategy: Store) -> None:
    strategy.scripts.save(CYCLE, "S1", "a")
    folder, url = strategy.artefacts.project_folder, strategy.database.url
    agent = open_store(folder, url=url.render_as_string(False), role="contributor").scripts
    agent.record_run(CYCLE, "k", _run())
    with pytest.raises(NotAllowed):
        agent.save(CYCLE, "S1", "b")
    viewer = open_store(folder, url=url.render_as_string(False), role="viewer").scripts
    assert len(viewer.runs()) == len(viewer.versions()) == 1
    with pytest.raises(NotAllowed):
        viewer.record_run(CYCLE, "k2", _run())
