"""Opportunities: each press counts once, nobody's edit is lost, and the history is only added to."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.store import Store, open_store

ON_BOTH = True
ORDER = ("target", "needs", "proposal", "signing")
VALUES: dict[str, Any] = {
    "offer": "sme_loan",
    "title": "厂房 loan",
    "amount": 120_000_000,
    "currency": "CNY",
    "expected_close": dt.date(2026, 12, 31),
    "owner": "lin",
    "next_action": "Visit",
    "next_on": dt.date(2026, 10, 12),
}


def opened(store: Store, key: str = "k0", step: str = "target", **changes: Any) -> int:
    return store.opportunities.open(
        key, "0012", step, VALUES | changes, template_version=0, cycle_id="2026 Q2"
    )


def moved(
    store: Store, number: int, to_step: str, key: str, version: int, note: str = "", **more: Any
) -> int:
    about: dict[str, Any] = {"order": ORDER, "template_version": 0, "expected_version": version, "note": note}
    return store.opportunities.move(number, key, to_step, **about | more)


def told(store: Store, number: int) -> list[tuple[str, str, str]]:
    return [(row["event"], row["from_step"], row["to_step"]) for row in store.opportunities.asked(number)]


def test_a_press_that_is_sent_again_counts_once(store: Store) -> None:
    number = opened(store)
    assert opened(store) == number
    assert moved(store, number, "needs", "k1", 1) == 2
    assert moved(store, number, "needs", "k1", 1) == 2
    assert store.opportunities.edit(number, "k2", {"owner": "wang"}, expected_version=2) == 3
    assert store.opportunities.edit(number, "k2", {"owner": "wang"}, expected_version=2) == 3
    end = {"template_version": 0, "expected_version": 3}
    assert store.opportunities.close(number, "k3", "lost", "price", **end) == 4
    assert store.opportunities.close(number, "k3", "lost", "price", **end) == 4
    assert store.opportunities.reopen(number, "k4", "New offer", expected_version=4) == 5
    assert store.opportunities.reopen(number, "k4", "New offer", expected_version=4) == 5
    assert told(store, number) == [
        ("opened", "", "target"),
        ("forward", "target", "needs"),
        ("edited", "needs", "needs"),
        ("lost", "needs", "needs"),
        ("reopened", "needs", "needs"),
    ]
    assert len(store.opportunities.frame()) == 1
    # A key stands for one wish only.
    for press in (
        lambda: opened(store, amount=5),
        lambda: moved(store, number, "proposal", "k1", 5),
        lambda: store.opportunities.edit(number, "k1", {"owner": "wang"}, expected_version=5),
        lambda: opened(store, ""),
    ):
        with pytest.raises(ParameterProblem, match="key"):
            press()


def test_going_back_and_leaving_steps_out_need_a_reason(store: Store) -> None:
    number = opened(store)
    with pytest.raises(ParameterProblem, match="left out"):
        moved(store, number, "proposal", "k1", 1)
    assert moved(store, number, "proposal", "k1", 1, "They know us") == 2
    with pytest.raises(ParameterProblem, match="goes back"):
        moved(store, number, "needs", "k2", 2)
    moved(store, number, "needs", "k2", 2, "The plan has changed")
    for step in ("needs", "nowhere"):
        with pytest.raises(ParameterProblem, match="can't be moved"):
            moved(store, number, step, "k3", 3)
    assert [event for event, *_ in told(store, number)] == ["opened", "skipped", "back"]
    row = store.opportunities.one(number)
    assert (row["step"], row["state"], row["row_version"]) == ("needs", "open", 3)
    assert row["entered_at"] == store.opportunities.events(number)["at"].iloc[-1]


def test_the_loser_of_two_edits_is_shown_the_difference(store: Store) -> None:
    number = opened(store)
    store.opportunities.edit(number, "k1", {"amount": 100}, expected_version=1)
    with pytest.raises(Conflict) as caught:
        store.opportunities.edit(number, "k2", {"amount": 200, "owner": "lin"}, expected_version=1)
    assert caught.value.difference == {"amount": (200, 100)}
    with pytest.raises(Conflict) as caught:
        moved(store, number, "needs", "k3", 1)
    assert caught.value.difference == {"step": ("needs", "target")}
    assert (store.opportunities.one(number)["amount"], len(told(store, number))) == (100, 2)


def test_what_is_closed_stays_until_it_is_opened_again(store: Store) -> None:
    number = opened(store)
    end: dict[str, Any] = {"template_version": 0, "expected_version": 1}
    with pytest.raises(ParameterProblem, match="won or lost"):
        store.opportunities.close(number, "k1", "open", "", **end)
    store.opportunities.close(number, "k1", "won", "price", amount=90, note="Signed", **end)
    row = store.opportunities.one(number)
    assert (row["state"], row["reason"], row["amount"], row["next_on"]) == ("won", "price", 90, None)
    with pytest.raises(ParameterProblem, match="closed"):
        moved(store, number, "needs", "k2", 2)
    with pytest.raises(ParameterProblem, match="Say why"):
        store.opportunities.reopen(number, "k3", " ", expected_version=2)
    store.opportunities.reopen(number, "k3", "Not signed after all", expected_version=2)
    with pytest.raises(ParameterProblem, match="open already"):
        store.opportunities.reopen(number, "k4", "Again", expected_version=3)
    with pytest.raises(NotFound):
        store.opportunities.one(99)


def test_what_is_not_possible_is_refused(store: Store) -> None:
    for changes, sentence in (
        ({"amount": 0}, "above 0"),
        ({"amount": 1.5}, "above 0"),
        ({"currency": "yuan"}, "no currency"),
        ({"expected_close": "soon"}, "Give a day"),
        ({"expected_close": None}, "Give a day"),
        ({"offer": " "}, "lacks its offer"),
        ({"title": "x" * 401}, "401"),
        ({"state": "won"}, "can't be changed"),
    ):
        with pytest.raises(ParameterProblem, match=sentence):
            opened(store, **changes)
    assert store.opportunities.frame().empty


def answer(store: Store, text: str, key: str, expected: int | None = None) -> int:
    return store.kyc_answers.answer("0012", key, "business", text, template_version=0, expected=expected)


def test_older_answers_are_kept_and_nobody_is_overwritten_unseen(store: Store) -> None:
    first = answer(store, "Makes 阀门", "a1", 0)
    assert answer(store, "Makes 阀门", "a1", 0) == first
    # The same words say nothing new.
    assert answer(store, "Makes 阀门", "a2") == first
    with pytest.raises(ParameterProblem, match="key"):
        answer(store, "Else", "a1")
    with pytest.raises(Conflict) as caught:
        answer(store, "Sells 阀门", "a3", 0)
    assert caught.value.difference == {"answer": ("Sells 阀门", "Makes 阀门")}
    answer(store, "Sells 阀门", "a3", first)
    assert store.kyc_answers.answers("0012")["answer"].tolist() == ["Makes 阀门", "Sells 阀门"]
    assert store.kyc_answers.answered()[["customer_id", "question"]].values.tolist() == [["0012", "business"]]
    answer(store, "", "a4")
    assert store.kyc_answers.answered().empty
    assert not store.trail.audit_log()["ids"].astype("str").str.contains("阀门|0012").any()


def test_what_must_be_known_before_a_step_is_asked_for(store: Store) -> None:
    number = opened(store)
    needed = {"business": "What do they do?"}
    with pytest.raises(ParameterProblem, match="What do they do"):
        moved(store, number, "needs", "k1", 1, needed=needed)
    # A refusal leaves no trace.
    assert store.opportunities.one(number)["row_version"] == 1
    answer(store, "Makes valves", "a1")
    assert moved(store, number, "needs", "k1", 1, needed=needed) == 2


def test_templates_are_versions_and_what_is_used_is_kept(store: Store) -> None:
    templates = store.pipeline_templates
    number = opened(store)
    answer(store, "yes", "a1")
    assert (templates.version(name="steps"), templates.content(name="steps")) == (0, None)
    save = {"expected_version": 0}
    steps = {"name": "steps", **save}
    for name, gone, sentence in (
        ("steps", {"standing": ["target"]}, "can't be retired"),
        ("steps", {"steps": ["target"]}, "can't be deleted"),
        ("questions", {"questions": ["business"]}, "can't be deleted"),
        ("questions", {"choices": ["business:yes"]}, "can't be deleted"),
    ):
        with pytest.raises(ParameterProblem, match=sentence):
            templates.save({}, gone, name=name, **save)
    assert templates.save({"steps": [1]}, {"steps": ["signing"]}, note="shorter", **steps) == 1
    assert templates.save({"steps": [1]}, {}, **steps) == 1
    with pytest.raises(Conflict):
        templates.save({"steps": [2]}, {}, **steps)
    # What was decided by the old one is not carried out.
    with pytest.raises(Conflict, match="meanwhile"):
        moved(store, number, "needs", "k1", 1)
    assert templates.version(name="questions") == 0
    assert [(row["version"], row["note"]) for row in templates.versions(name="steps")] == [(1, "shorter")]
    uses = templates.uses()
    assert uses == {
        "steps": {"target": 1},
        "standing": {"target": 1},
        "reasons": {},
        "questions": {"business": 1},
    }


def loaded_row(key: str, ended: str = "") -> dict[str, Any]:
    at = dt.datetime(2026, 8, 1)
    history = [
        {"key": f"{key}-0", "event": "opened", "to_step": "target", "at": at, "who": "crm"},
        {"key": f"{key}-1", "event": "forward", "from_step": "target", "to_step": "needs",
         "at": at + dt.timedelta(days=9), "who": "crm"},
    ]  # fmt: skip
    if ended:
        last = {"key": f"{key}-2", "event": ended, "to_step": "needs", "reason": "price"}
        history.append(last | {"at": at + dt.timedelta(days=20), "who": "crm"})
    given = [{"key": f"{key}-a", "question": "business", "answer": "x", "at": at, "who": "crm"}]
    return VALUES | {"customer_id": "7", "history": history, "answers": given}


def test_another_systems_opportunities_come_with_their_history(store: Store) -> None:
    rows = [loaded_row("A"), loaded_row("B", "lost")]
    assert store.opportunities.load("CRM", rows) == 2
    assert store.opportunities.load("CRM", rows) == 0
    frame = store.opportunities.frame()
    assert frame["state"].tolist() == ["open", "lost"]
    assert frame["source"].eq("CRM").all()
    assert frame["entered_at"].dt.day.tolist() == [10, 10]
    assert len(store.opportunities.events()) == 5
    assert len(store.kyc_answers.answers("7")) == 2
    assert moved(store, int(frame["opportunity_id"].iloc[0]), "proposal", "k", 1) == 2


def test_a_viewer_is_told_no_answers(store: Store) -> None:
    number = opened(store)
    answer(store, "Makes valves", "a1")
    database = store.database
    url = None if database.path else database.url.render_as_string(hide_password=False)
    viewer = open_store(store.opportunities.project_folder, url=url, role="viewer")
    for ask in (
        lambda: viewer.kyc_answers.answers("0012"),
        lambda: viewer.opportunities.one(number),
        lambda: viewer.opportunities.asked(number),
        lambda: opened(viewer),
    ):
        with pytest.raises(NotAllowed):
            ask()
    assert "answer" not in viewer.kyc_answers.answered()
