"""Disposition codes: a project's own are used wherever the packaged ones are."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.execution import (
    build_worklist,
    check_disposition,
    check_outcomes,
    count_dispositions,
    disposition_labels,
    make_dispositions,
    read_dispositions,
    summarise_progress,
)
from workbench.execution.dispositions import disposition_words
from workbench.tables import CONTACTS, OUTCOMES

VISIT = {
    "code": "visit",
    "en": "Comes in",
    "zh_CN": "约定到店",
    "reached": True,
    "next": "callback",
    "days": 3,
    "aliases": ["will come", " "],
}


def rows(**changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the packaged codes and one more, with changes to some by code."""
    every = [*(entry.plain() for entry in read_dispositions().values()), VISIT]
    return [row | changes.get(str(row["code"]), {}) for row in every]


def test_codes_go_out_and_come_back() -> None:
    codes = make_dispositions(rows(refused={"retired": True}))
    assert make_dispositions(entry.plain() for entry in codes.values()) == codes
    assert list(codes)[-1] == "visit"
    assert codes["visit"].aliases == ("will come",)
    assert read_dispositions() == make_dispositions(entry.plain() for entry in read_dispositions().values())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"visit": {"code": "Visit"}}, '"Visit" can.t be a code'),
        ({"visit": {"code": "refused"}}, '"refused" stands there twice'),
        ({"visit": {"zh_CN": " "}}, "lacks its label"),
        ({"visit": {"en": "x" * 81}}, "at most 80"),
        ({"visit": {"next": "wait"}}, "done, callback, retry"),
        ({"visit": {"days": 366}}, "366 days"),
        ({"visit": {"days": 1.5}}, "1.5 days"),
        ({"visit": {"days": True}}, "True days"),
        ({"visit": {"aliases": ["拒绝"]}}, '"拒绝" stands for both "refused" and "visit"'),
        ({"reached": {"code": "talked"}}, '"reached" can.t be left out'),
        ({"reached": {"retired": True}}, "retired"),
        ({"reached": {"reached": False}}, "made not reached"),
    ],
)
def test_what_can_not_be_a_code_is_said(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ParameterProblem, match=sentence):
        make_dispositions(rows(**changes))


def test_a_retired_code_is_read_and_not_recorded() -> None:
    codes = make_dispositions(rows(wrong_number={"retired": True}))
    with pytest.raises(ParameterProblem, match=r"was retired.* Use one of: reached, no_answer"):
        check_disposition("wrong_number", codes)
    assert check_disposition("visit", codes) == "visit"
    with pytest.raises(ParameterProblem, match='"visit" is not a disposition'):
        check_disposition("visit")
    assert disposition_labels("zh_CN", codes)["wrong_number"] == "号码有误"
    assert disposition_words(codes)["空号"] == "wrong_number"
    assert disposition_words(codes)["will come"] == "visit"


def _contacts(*made: tuple[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "contact_id": [str(number) for number in range(len(made))],
            "list_id": "L1",
            "strategy_id": "S1",
            "customer_id": [customer for customer, _ in made],
            "contacted_at": pd.Timestamp("2026-10-12 09:00"),
            "channel": "phone",
            "disposition": [code for _, code in made],
            "agent": "lin",
        }
    )
    return CONTACTS.check(frame.astype(CONTACTS.empty().dtypes.to_dict()))


def test_worklist_counts_and_progress_use_them(targets, customers, strategies) -> None:
    codes = make_dispositions(rows(refused={"retired": True}, no_answer={"reached": True, "days": 5}))
    contacts = _contacts(("0000000001", "visit"), ("0000000003", "no_answer"))
    given = (targets, customers, contacts, OUTCOMES.empty(), strategies)
    work = build_worklist(*given, today="2026-10-14", dispositions=codes).set_index("customer_id")
    assert work.loc["0000000001", ["status", "due_on"]].tolist() == ["callback", pd.Timestamp("2026-10-15")]
    assert work.loc["0000000003", "due_on"] == pd.Timestamp("2026-10-17")
    # The packaged codes know nothing of a visit.
    packaged = build_worklist(*given, today="2026-10-14").set_index("customer_id")
    assert packaged.loc["0000000001", "status"] == "open"
    counts = count_dispositions(contacts, dispositions=codes)
    offered = [code for code, entry in codes.items() if not entry.retired]
    assert counts["disposition"].tolist() == offered
    assert offered[-2:] == ["do_not_contact", "visit"]
    used = count_dispositions(_contacts(("0000000001", "refused")), dispositions=codes)
    assert used.set_index("disposition").loc["refused", ["reached", "n"]].tolist() == [True, 1]
    about = (targets, contacts, OUTCOMES.empty(), strategies)
    assert summarise_progress(*about, today="2026-10-14", dispositions=codes)["reached"].tolist() == [2, 0]
    assert summarise_progress(*about, today="2026-10-14")["reached"].tolist() == [0, 0]


def test_files_are_read_with_them(targets) -> None:
    codes = make_dispositions(rows(refused={"retired": True}))
    raw = pd.DataFrame(
        {
            "customer_id": ["0000000001", "0000000003", "0000000004"],
            "list_id": "L1",
            "disposition": ["Will come", "拒绝", "dunno"],
            "contacted_at": "2026-10-13",
        }
    )
    check = check_outcomes(raw, targets, today="2026-10-14", dispositions=codes)
    assert check.contacts["disposition"].tolist() == ["visit", "refused"]
    assert check.quarantined[["line", "cause"]].values.tolist() == [[4, "unknown_code"]]
    assert check_outcomes(raw, targets, today="2026-10-14").quarantined["line"].tolist() == [2, 4]
