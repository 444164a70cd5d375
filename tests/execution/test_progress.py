from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterProblem
from workbench.execution import (
    check_disposition,
    check_outcomes,
    count_days,
    disposition_labels,
    summarise_progress,
)
from workbench.execution.dispositions import disposition_words, read_dispositions
from workbench.tables import CONTACTS, OUTCOMES


@pytest.fixture
def loaded(targets, strategies):
    raw = pd.DataFrame(
        [
            ("1", "yes", "5000", "2026-10-12 09:00", "reached"),
            ("3", "no", "", "2026-10-12 10:00", "no_answer"),
            ("3", "yes", "1000", "2026-10-15 10:00", "reached"),
            ("4", "no", "", "2026-10-13 10:00", "refused"),
            ("5", "no", "", "2026-10-13 11:00", "wrong_number"),
            ("2", "no", "", "2026-10-13", "reached"),
            ("6", "yes", "700", "", ""),
            ("7", "yes", "300", "", ""),
        ],
        columns=["customer_id", "responded", "amount", "contacted_at", "disposition"],
    )
    raw["recorded_at"] = ["", "", "", "", "", "", "2026-10-14", "2026-10-14"]
    check = check_outcomes(raw, targets, today="2026-10-20", strategies=strategies)
    assert check.n_loaded == 8
    return check


def test_counts_by_hand(targets, strategies, loaded) -> None:
    progress = summarise_progress(targets, loaded.contacts, loaded.loaded, strategies, today="2026-10-16")
    first = progress.iloc[0]
    expected = {
        "listed": 10,
        "treatment": 8,
        "control": 2,
        # 5 of 10 days are over
        "due": 4,
        "contacted": 4,
        "reached": 3,
        # customer 7 responded without a contact
        "responded": 2,
        "contact_rate": 0.5,
        "reach_rate": 0.75,
        "rate": 0.5,
        "plan": 0.08,
        "amount": 6300.0,
        "control_contacted": 1,
        "control_responded": 1,
        "control_rate": 0.5,
    }
    assert first[list(expected)].to_dict() == expected
    assert progress["strategy_id"].tolist() == ["S1", "S2"]


def test_a_rate_without_contacts_is_missing_not_zero(targets, strategies, loaded) -> None:
    progress = summarise_progress(targets, loaded.contacts, loaded.loaded, strategies, today="2026-10-16")
    second = progress.iloc[1]
    assert second["contacted"] == 0
    assert np.isnan(second["rate"])
    assert np.isnan(second["reach_rate"])
    assert np.isnan(second["control_rate"])
    assert second["contact_rate"] == 0


def test_later_days_do_not_count(targets, strategies, loaded) -> None:
    progress = summarise_progress(targets, loaded.contacts, loaded.loaded, strategies, today="2026-10-12")
    first = progress.iloc[0]
    assert (first["contacted"], first["responded"], first["due"]) == (2, 1, 1)
    before = summarise_progress(targets, loaded.contacts, loaded.loaded, strategies, today="2026-10-01")
    assert before[["due", "contacted"]].sum().sum() == 0


def test_no_contacts_at_all(targets, strategies) -> None:
    progress = summarise_progress(targets, CONTACTS.empty(), OUTCOMES.empty(), strategies, today="2026-10-16")
    assert progress["rate"].isna().all()
    assert progress["due"].tolist() == [4, 0]
    none = summarise_progress(
        targets.iloc[:0], CONTACTS.empty(), OUTCOMES.empty(), strategies, today="2026-10-16"
    )
    assert none.empty
    assert "rate" in none.columns


def test_days_end_where_progress_stands(targets, strategies, loaded) -> None:
    days = count_days(targets, loaded.contacts, loaded.loaded, strategies, today="2026-10-16")
    assert days["day"].iloc[0] == pd.Timestamp("2026-10-12")
    assert days["day"].iloc[-1] == pd.Timestamp("2026-10-21")
    at = days.set_index("day").loc["2026-10-16"]
    progress = summarise_progress(targets, loaded.contacts, loaded.loaded, strategies, today="2026-10-16")
    assert at["contacted"] == progress["contacted"].sum()
    # who said yes without a contact counts in neither
    assert at["responded"] == progress["responded"].sum() == 2
    assert at["due"] == pytest.approx(9 * 0.5)
    assert days["due"].iloc[-1] == 9
    assert days.loc[days["day"] > "2026-10-16", ["contacted", "responded"]].isna().all().all()
    assert days["contacted"].dropna().is_monotonic_increasing


def test_days_without_lists(targets, strategies) -> None:
    days = count_days(targets.iloc[:0], CONTACTS.empty(), OUTCOMES.empty(), strategies, today="2026-10-16")
    assert days.empty
    started = count_days(targets, CONTACTS.empty(), OUTCOMES.empty(), strategies, today="2026-10-13")
    assert started["contacted"].dropna().tolist() == [0.0, 0.0]


def test_dispositions_are_complete_and_unambiguous() -> None:
    assert set(disposition_labels("en")) == set(disposition_labels("zh_CN"))
    assert {entry.next for entry in read_dispositions().values()} == {"done", "callback", "retry"}
    count = sum(
        len({word.lower() for word in (code, *entry.labels.values(), *entry.aliases)})
        for code, entry in read_dispositions().items()
    )
    assert len(disposition_words()) == count
    assert check_disposition("callback") == "callback"
    with pytest.raises(ParameterProblem, match="no_answer"):
        check_disposition("maybe")


def test_days_of_each_strategy_add_up(targets, strategies, loaded) -> None:
    tables = (targets, loaded.contacts, loaded.loaded, strategies)
    each = count_days(*tables, today="2026-10-16", each=True)
    whole = count_days(*tables, today="2026-10-16")
    assert each["strategy_id"].unique().tolist() == ["S1", "S2"]
    summed = each.groupby("day", as_index=False)[["due", "contacted", "responded"]].sum(min_count=1)
    pd.testing.assert_frame_equal(summed, whole)
    first = count_days(targets[targets["strategy_id"] == "S1"], *tables[1:], today="2026-10-16")
    mine = each[each["strategy_id"] == "S1"].drop(columns="strategy_id").reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, first)
    assert count_days(targets.iloc[:0], *tables[1:], today="2026-10-16", each=True).empty
