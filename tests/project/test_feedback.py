"""Front-line feedback of a project: from two taps to a digest, and from a request to a changed card."""

from __future__ import annotations

import datetime as dt
import re

import openpyxl
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.project import Project
from workbench.project.demo_feedback import SPEAKER, play_feedback

NASTY = '=HYPERLINK("http://x")<script>alert(1)</script> 138 1234 1234'


def as_role(project: Project, role: str, who: str = "wang") -> Project:
    return wb.open_project(project.folder, role=role, who=who)


def test_the_demos_front_line_is_simulated_and_one_thing_rises(walked: Project) -> None:
    room = walked.execution.feedback
    notes, digest, rising = room.notes(), room.digest(), room.rising(lang="zh_CN")
    assert notes["simulated"].all()
    assert len(notes) == digest["n"].sum() > 50
    assert digest["trend"].iloc[0] in ("new", "rising")
    assert rising["code"].tolist().count("system_link") == len(rising) >= 1
    assert rising["sentence"].str.contains("链接或页面打不开").all()
    request = room.requests().iloc[0]
    assert (request["state"], request["code"], request["carried"]) == ("asked", "system_link", False)
    # A viewer reads sums: no words, no names, nobody to ring back.
    assert set(notes["text"]) | set(notes["who"]) | {request["what"], request["asked_by"]} == {""}
    assert notes["contact_id"].isna().all()
    with pytest.raises(NotAllowed):
        room.voices()
    with pytest.raises(NotAllowed):
        room.export()


def test_the_demo_is_played_once_and_says_that_it_is_simulated(copied: Project) -> None:
    assert play_feedback(copied) == 0
    rows = copied.store.feedback.rows(copied.cycle.cycle_id)
    assert {row["who"] for row in rows} == {SPEAKER}
    texts = [row["text"] for row in rows if row["text"]]
    assert texts
    assert all("simulated" in text and "模拟" in text for text in texts)


def test_feedback_knows_where_it_came_from(copied: Project) -> None:
    room = as_role(copied, "contributor").execution.feedback
    contact = copied.execution.contacts().iloc[0]
    targets = copied.strategy.targets(contact["list_id"]).set_index("customer_id")
    strategy = contact["strategy_id"]
    text = f"Customer {contact['customer_id']} at 138-1234 1234 minds"
    number = room.give(
        "price_fees", text, strategy_id=strategy, key="a", contact_id=contact["contact_id"], step="offer"
    )
    note = room.notes(mine=True).set_index("note_id").loc[number]
    assert note["segment"] == targets.loc[contact["customer_id"], "segment"]
    assert (note["list_id"], note["step"], note["group"]) == (contact["list_id"], "offer", "price")
    # Neither the customer's number nor the telephone's is shown, to anybody.
    assert contact["customer_id"] not in note["text"]
    assert "138****1234" in note["text"]
    for given, match in (
        ({"strategy_id": "S99"}, "S99"),
        ({"strategy_id": strategy, "contact_id": "nobody"}, "nobody"),
        ({"strategy_id": strategy, "given_at": dt.datetime(2999, 1, 1)}, "ahead"),
    ):
        with pytest.raises((NotFound, ParameterProblem), match=match):
            room.give("price_fees", key="b", **given)
    with pytest.raises(ParameterProblem, match="no code"):
        room.give("nonsense", strategy_id=strategy, key="b")
    room.take_back(number)
    assert room.notes(mine=True).empty


def test_what_is_said_after_the_last_contact_counts_to_the_newest_days(copied: Project) -> None:
    room = copied.execution.feedback
    before = room.digest().set_index("code")["n_new"].get("script_works", 0)
    room.give("script_works", strategy_id="S1", key="late")
    assert room.digest().set_index("code").loc["script_works", "n_new"] == before + 1
    assert room.day() == copied.execution.contacts()["contacted_at"].max().date()
    assert "script_works" not in set(room.digest(today=room.day())["code"])


def test_a_request_carries_its_evidence_and_drafts_a_card(copied: Project) -> None:
    caller = as_role(copied, "contributor").execution.feedback
    room = copied.execution.feedback
    row = room.digest("S9").iloc[0]
    number = caller.ask_change("S9", "Mend the link", "It is broken", code=row["code"], key="q")
    evidence = caller.requests("S9", mine=True).iloc[0]["evidence"]
    assert evidence["digest"]["n_new"] == row["n_new"]
    assert evidence["n"] == row["n"] == sum(n for _, n in evidence["segments"])
    single = caller.give("price_fees", strategy_id="S9", key="n")
    by_note = caller.ask_change("S9", "Lower it", "One says so", note_ids=[single], key="r")
    assert room.requests("S9").iloc[0]["evidence"]["counts"] == {"price_fees": 1}
    for wrong in ({}, {"note_ids": [999_999]}, {"code": "timing_early"}):
        with pytest.raises(ParameterProblem):
            caller.ask_change("S9", "x", "y", key="z", **wrong)
    with pytest.raises(NotAllowed):
        caller.accept(number)
    cards = set(copied.strategy.cards()["strategy_id"])
    before = copied.strategy.card("S9")
    card = room.accept(number, "Yes", expected_version=1, lang="zh_CN")
    assert card not in cards
    draft = copied.strategy.card(card)
    assert (draft["offer"], draft["segment"]) == (before["offer"], before["segment"])
    assert draft["name"] == f"{before['name']}（调整稿）"
    assert copied.strategy.card("S9")["row_version"] == before["row_version"]
    with pytest.raises(Conflict):
        room.decline(number, "no", expected_version=1)
    room.decline(by_note, "Not ours to set")
    room.finish(number)
    told = caller.requests(mine=True).set_index("request_id")
    assert told["state"].to_dict() == {number: "done", by_note: "declined"}
    assert told["answer"].to_dict() == {number: "Yes", by_note: "Not ours to set"}


def test_an_open_request_waits_for_the_next_cycle(copied: Project) -> None:
    here = copied.cycle.cycle_id
    earlier = copied.at(copied.cycles()[0].cycle_id)
    earlier_cards = set(earlier.strategy.cards()["strategy_id"])
    offers = copied.strategy.cards().set_index("strategy_id")["offer"]
    same = [
        name
        for name, offer in earlier.strategy.cards()[["strategy_id", "offer"]].values.tolist()
        if offers.get(name) == offer
    ]
    assert same
    assert earlier_cards
    note = earlier.execution.feedback.give("price_fees", strategy_id=same[0], key="e")
    earlier.execution.feedback.ask_change(same[0], "Lower it", "Asked", note_ids=[note], key="e")
    carried = copied.execution.feedback.requests(same[0])
    assert carried.loc[carried["carried"], "cycle_id"].tolist() == [earlier.cycle.cycle_id]
    assert here not in set(earlier.execution.feedback.requests()["cycle_id"])


def test_codes_are_the_projects_own_and_versioned(copied: Project) -> None:
    codes = copied.execution.feedback.codes
    assert codes.version == 0
    codes.put({"code": "price_tax", "group": "price", "en": "Tax is unclear", "zh_CN": "税费不清楚"})
    assert codes.groups()[1]["codes"][-1] == {"code": "price_tax", "label": "Tax is unclear"}
    codes.delete("price_tax")
    used = copied.execution.feedback.digest()["code"].iloc[0]
    with pytest.raises(ParameterProblem, match="was used"):
        codes.delete(used)
    codes.retire(used, note="told elsewhere")
    assert used in codes.labels()
    with pytest.raises(ParameterProblem, match="retired"):
        copied.execution.feedback.give(used, strategy_id="S1", key="k")
    codes.restore(used)
    assert codes.versions()["note"].tolist() == ["", "", "told elsewhere", ""]
    frame = codes.frame()
    assert codes.save(frame) == codes.version == 4
    with pytest.raises(NotAllowed):
        as_role(copied, "contributor").execution.feedback.codes.retire(used)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_the_digest_leaves_logged_and_harmless(copied: Project, lang: str) -> None:
    caller = as_role(copied, "contributor").execution.feedback
    caller.give("timing_early", NASTY, strategy_id="S9", key="x")
    page = caller.export("S9", lang=lang).read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "138****1234" in page
    assert "1234 1234" not in page
    assert "src=" not in re.sub(r"<script type=\"module\">.*?</script>", "", page, flags=re.DOTALL)
    assert SPEAKER not in page
    book = openpyxl.load_workbook(caller.export(None, "xlsx", lang))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)
    assert all(cell.data_type != "f" for cell in cells)
    log = copied.store.trail.audit_log()
    assert log["action"].tolist().count("digest.export") == 2
    with pytest.raises(ParameterProblem, match="pdf"):
        caller.export(format="pdf")
    with pytest.raises(NotFound):
        caller.export("S99")


def test_a_cycle_without_feedback_has_an_empty_digest(copied: Project) -> None:
    first = copied.at(copied.cycles()[0].cycle_id)
    room = first.execution.feedback
    assert room.notes().empty
    assert room.digest().empty
    assert room.rising().empty
    assert room.requests().empty
    assert isinstance(room.day(), dt.date)
    assert pd.api.types.is_string_dtype(room.notes()["text"])
