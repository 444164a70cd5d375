"""Every write names a role, and the role is checked before anything else."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from workbench.errors import NotAllowed, ParameterProblem
from workbench.store import AREAS, ROLES, Store, may, open_store
from workbench.store.area import Area
from workbench.store.roles import is_guarded, writes

_WRITES = {
    ("Actions", "add"): "contributor",
    ("Actions", "save"): "contributor",
    ("Approvals", "approve"): "contributor",
    ("Approvals", "close"): "analyst",
    ("Approvals", "refuse"): "contributor",
    ("Approvals", "request"): "analyst",
    ("Approvals", "withdraw"): "analyst",
    ("Artefacts", "save"): "analyst",
    ("Cards", "replace"): "analyst",
    ("Cards", "save"): "analyst",
    ("Cards", "remove"): "analyst",
    ("Comments", "add"): "contributor",
    ("Corrections", "decide"): "analyst",
    ("Corrections", "propose"): "contributor",
    ("Cycles", "close"): "analyst",
    ("Cycles", "freeze"): "analyst",
    ("Cycles", "open"): "analyst",
    ("Cycles", "reopen"): "analyst",
    ("Decisions", "carry"): "analyst",
    ("Decisions", "decide"): "analyst",
    ("Decisions", "propose"): "analyst",
    ("Decisions", "reopen"): "analyst",
    ("DispositionCodes", "save"): "analyst",
    ("Drafts", "discard"): "contributor",
    ("Drafts", "save"): "contributor",
    ("Exchanges", "keep_answer"): "contributor",
    ("Exchanges", "let_in"): "contributor",
    ("Exchanges", "staging"): "contributor",
    ("Exports", "begin"): "contributor",
    ("Exports", "begin_digest"): "contributor",
    ("Exports", "begin_leads"): "contributor",
    ("Exports", "begin_minutes"): "contributor",
    ("Exports", "begin_pack"): "contributor",
    ("Feedback", "accept"): "analyst",
    ("Feedback", "ask"): "contributor",
    ("Feedback", "at_once"): "contributor",
    ("Feedback", "decline"): "analyst",
    ("Feedback", "finish"): "analyst",
    ("Feedback", "give"): "contributor",
    ("Feedback", "take_back"): "contributor",
    ("FeedbackCodes", "save"): "analyst",
    ("Hypotheses", "add"): "analyst",
    ("Hypotheses", "save"): "analyst",
    ("Hypotheses", "withdraw"): "analyst",
    ("Ideas", "add"): "contributor",
    ("Ideas", "vote"): "contributor",
    ("KycAnswers", "answer"): "contributor",
    ("Late", "admit"): "analyst",
    ("Late", "keep"): "contributor",
    ("Leases", "give_back"): "contributor",
    ("Leases", "record"): "contributor",
    ("Leases", "renew"): "contributor",
    ("Leases", "take"): "contributor",
    ("Lists", "launch"): "analyst",
    ("Materials", "add"): "analyst",
    ("Materials", "end"): "analyst",
    ("Materials", "withdraw"): "analyst",
    ("Objectives", "delete"): "analyst",
    ("Objectives", "replace"): "analyst",
    ("Objectives", "save"): "analyst",
    ("Opportunities", "close"): "contributor",
    ("Opportunities", "edit"): "contributor",
    ("Opportunities", "load"): "analyst",
    ("Opportunities", "move"): "contributor",
    ("Opportunities", "open"): "contributor",
    ("Opportunities", "reopen"): "contributor",
    ("Pairs", "decide"): "analyst",
    ("PipelineTemplates", "save"): "analyst",
    ("Quotas", "book"): "contributor",
    ("Quotas", "change"): "analyst",
    ("Quotas", "define"): "analyst",
    ("Quotas", "give_back"): "contributor",
    ("ReferralRules", "save"): "analyst",
    ("Referrals", "act"): "contributor",
    ("Referrals", "bring_in"): "analyst",
    ("Referrals", "send"): "contributor",
    ("Results", "add"): "contributor",
    ("RoomActs", "act"): "participant",
    ("RoomActs", "be_here"): "participant",
    ("RoomActs", "board"): "participant",
    ("RoomActs", "join"): "participant",
    ("RoomActs", "keep_draft"): "participant",
    ("RoomActs", "last_move"): "participant",
    ("Rooms", "arrange"): "analyst",
    ("Rooms", "at_once"): "analyst",
    ("Rooms", "close"): "analyst",
    ("Rooms", "decide"): "analyst",
    ("Rooms", "lead"): "analyst",
    ("Rooms", "open"): "analyst",
    ("Rooms", "regroup"): "analyst",
    ("Runs", "begin"): "analyst",
    ("Runs", "end"): "analyst",
    ("Scripts", "bring_in"): "analyst",
    ("Scripts", "record_run"): "contributor",
    ("Scripts", "save"): "analyst",
    ("Scripts", "use"): "analyst",
    ("Slots", "assign"): "analyst",
    ("Trail", "add_edges"): "analyst",
    ("Trail", "add_raw_file"): "contributor",
}


def _methods() -> list[tuple[type[Area], str]]:
    return [
        (area, name)
        for area in AREAS
        for name, _ in inspect.getmembers(area, inspect.isfunction)
        if not name.startswith("_")
    ]


def _areas_of(store: Store) -> dict[type, Area]:
    return {type(part): part for part in vars(store).values() if isinstance(part, Area)}


def _kinds(area: type[Area]) -> set[type[Area]]:
    # What builds on an area of the store is that area still.
    below = [] if area in AREAS else area.__subclasses__()
    return set().union(*map(_kinds, below)) if below else {area}


def test_every_area_is_walked(store: Store) -> None:
    assert set(_areas_of(store)) == set(AREAS) == _kinds(Area)


@pytest.mark.parametrize("area,name", _methods(), ids=lambda value: getattr(value, "__name__", value))
def test_every_method_says_who_may_call_it(area: type[Area], name: str) -> None:
    stated = getattr(getattr(area, name), "minimum_role", None)
    assert stated is not None, f"{area.__name__}.{name} needs @reads or @writes(role)"
    assert stated == _WRITES.get((area.__name__, name), "viewer")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_refused_before_its_arguments_are_looked_at(tmp_path: Path, role: str) -> None:
    open_store(tmp_path)
    areas = {type(a).__name__: a for a in _areas_of(open_store(tmp_path, role=role)).values()}
    for (area, name), minimum in sorted(_WRITES.items()):
        # With arguments that nothing takes, a call that passes the guard fails on them.
        passes = may(role, minimum)  # type: ignore[arg-type]
        call = getattr(areas[area], name)
        with pytest.raises(TypeError if passes else NotAllowed):
            call(*[None] * 40)


def test_a_write_without_a_role_check_fails(store: Store) -> None:
    with pytest.raises(RuntimeError, match="without a role check"), store.database.writing("sneaky"):
        pass


def test_the_check_ends_with_the_call(store: Store) -> None:
    store.comments.add("insight", "x", None)
    assert not is_guarded()


def test_the_check_ends_with_a_failing_call(store: Store) -> None:
    with pytest.raises(ParameterProblem):
        store.comments.add("insight", " ", None)
    assert not is_guarded()


def test_the_sentence_names_both_roles(tmp_path: Path) -> None:
    open_store(tmp_path)
    with pytest.raises(NotAllowed) as caught:
        open_store(tmp_path, role="viewer").comments.add("insight", "x", None)
    assert '"viewer"' in str(caught.value)
    assert '"contributor"' in str(caught.value)


def test_an_unknown_role_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterProblem, match="viewer, contributor, analyst"):
        open_store(tmp_path, role="admin")


def test_writes_needs_no_more_than_the_minimum() -> None:
    class Desk:
        class database:  # noqa: N801
            role = "contributor"

        @writes("contributor")
        def act(self) -> str:
            return "done"

    assert Desk().act() == "done"
