from __future__ import annotations

import json
import time

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ImportProblem
from workbench.execution import check_outcomes
from workbench.execution.cells import read_amounts, read_dispositions_of, read_flags, read_moments
from workbench.tables import CONTACTS, OUTCOMES, QUARANTINE


def rows(*records: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(records)).astype("str").fillna("")


def one(targets: pd.DataFrame, record: dict[str, str], **settings: object):
    return check_outcomes(rows(record), targets, **({"today": "2026-10-20"} | settings))


def keys_of(check) -> set[str]:
    return set(check.loaded["outcome_id"]) | set(check.contacts["contact_id"])


GOOD = {
    "customer_id": "0000000001",
    "responded": "yes",
    "amount": "50,000.00",
    "contacted_at": "2026-10-14 09:30",
    "disposition": "reached",
    "note": "wants two years",
}


def test_a_good_row_gives_an_outcome_and_a_contact(targets, strategies) -> None:
    check = one(targets, GOOD, strategies=strategies, file="october.csv")
    assert (check.n_read, check.n_loaded, check.repeated, len(check.quarantined)) == (1, 1, 0, 0)
    outcome, contact = check.loaded.iloc[0], check.contacts.iloc[0]
    assert outcome[["list_id", "strategy_id", "customer_id", "note", "source"]].tolist() == [
        "L1",
        "S1",
        "0000000001",
        "wants two years",
        "october.csv",
    ]
    assert bool(outcome["responded"]) is True
    assert outcome["amount"] == 50_000
    assert contact["contacted_at"] == pd.Timestamp("2026-10-14 09:30")
    assert (contact["channel"], contact["disposition"]) == ("phone", "reached")


@pytest.mark.parametrize(
    "change, cause",
    [
        ({"customer_id": ""}, "no_customer"),
        ({"customer_id": "0000099999"}, "unknown_customer"),
        ({"customer_id": "0000000050"}, "not_on_list"),
        ({"strategy_id": "S2"}, "not_on_list"),
        ({"list_id": "L9"}, "not_on_list"),
        ({"responded": "perhaps"}, "unknown_code"),
        ({"disposition": "eaten by a dog"}, "unknown_code"),
        ({"amount": "lots"}, "bad_amount"),
        ({"amount": "-5"}, "bad_amount"),
        ({"amount": "inf"}, "bad_amount"),
        ({"amount": "5", "currency": "USD"}, "other_currency"),
        ({"contacted_at": "14 Oct"}, "bad_date"),
        ({"contacted_at": "2026-13-40"}, "bad_date"),
        ({"responded": "", "disposition": ""}, "no_result"),
        ({"contacted_at": "2026-10-08"}, "before_list"),
        ({"contacted_at": "2026-10-21"}, "in_future"),
    ],
)
def test_each_bad_row_is_quarantined_with_its_cause(targets, change, cause) -> None:
    record = GOOD | change
    known = {*targets["customer_id"], "0000000050"}
    check = one(targets, record, known_customers=known, listed_on="2026-10-09", file="f.csv")
    assert (check.n_loaded, check.repeated) == (0, 0)
    assert check.loaded.empty
    assert check.contacts.empty
    bad = QUARANTINE.check(check.quarantined).iloc[0]
    assert (bad["file"], bad["line"], bad["cause"]) == ("f.csv", 2, cause)
    assert len(bad["reason"]) > 20
    assert json.loads(bad["row"]) == record
    if bad["column"] in change and change[bad["column"]]:
        assert bad["value"] == change[bad["column"]]
        assert bad["value"] in bad["reason"] or cause == "unknown_code"


def test_every_row_is_loaded_quarantined_or_repeated(targets) -> None:
    rng = np.random.default_rng(0)
    n = 500
    raw = pd.DataFrame(
        {
            "customer_id": rng.choice([*targets["customer_id"], "0000000050", ""], n),
            "responded": rng.choice(["yes", "no", "", "?"], n),
            "amount": rng.choice(["", "10", "x"], n),
            "contacted_at": rng.choice(["2026-10-14", "2026-10-15 10:00", "", "soon", "2027-01-01"], n),
            "disposition": rng.choice(["reached", "no_answer", "", "callback"], n),
        }
    )
    check = check_outcomes(raw, targets, today="2026-10-20")
    assert check.n_read == n == check.n_loaded + len(check.quarantined) + check.repeated
    assert check.n_loaded > 20
    assert check.repeated > 0
    assert check.quarantined["cause"].nunique() >= 6
    OUTCOMES.check(check.loaded)
    CONTACTS.check(check.contacts)
    again = check_outcomes(raw, targets, keys_of(check), today="2026-11-30")
    assert again.loaded.empty
    assert again.contacts.empty
    assert again.n_loaded == 0


def test_the_same_file_twice_changes_nothing_even_on_another_day(targets) -> None:
    raw = rows(
        GOOD,
        GOOD | {"customer_id": "3", "contacted_at": "", "note": "no date"},
        GOOD | {"customer_id": "4", "responded": "", "disposition": "no_answer"},
    )
    first = check_outcomes(raw, targets, today="2026-10-20")
    assert first.n_loaded == 3
    for day in ("2026-10-20", "2026-10-28"):
        again = check_outcomes(raw, targets, keys_of(first), today=day)
        assert (again.n_loaded, again.repeated) == (0, 3)
    more = rows(GOOD, GOOD | {"customer_id": "0000000005"})
    check = check_outcomes(more, targets, keys_of(first), today="2026-10-20")
    assert check.loaded["customer_id"].tolist() == ["0000000005"]
    assert check.repeated == 1


def test_a_row_twice_in_the_file_counts_once(targets) -> None:
    check = check_outcomes(rows(GOOD, GOOD), targets, today="2026-10-20")
    assert (check.n_loaded, check.repeated, len(check.loaded)) == (1, 1, 1)


def test_rows_that_contradict_each_other_are_all_held_back(targets) -> None:
    raw = rows(GOOD, GOOD | {"responded": "no"}, GOOD | {"customer_id": "3"})
    check = check_outcomes(raw, targets, today="2026-10-20")
    assert check.quarantined["cause"].tolist() == ["contradicts", "contradicts"]
    assert check.quarantined["line"].tolist() == [2, 3]
    assert check.loaded["customer_id"].tolist() == ["0000000003"]


def test_a_later_try_does_not_contradict_an_earlier_one(targets) -> None:
    raw = rows(
        GOOD | {"responded": "no", "disposition": "no_answer", "amount": "", "contacted_at": "2026-10-13"},
        GOOD,
    )
    check = check_outcomes(raw, targets, today="2026-10-20")
    assert check.n_loaded == 2
    assert len(check.contacts) == 2


def test_a_control_customer_who_was_contacted_is_loaded_and_flagged(targets) -> None:
    raw = rows(
        GOOD | {"customer_id": "2"}, GOOD | {"customer_id": "6", "contacted_at": "", "disposition": ""}
    )
    check = check_outcomes(raw, targets, today="2026-10-20")
    assert check.n_loaded == 2
    assert check.contacts["customer_id"].tolist() == ["0000000002"]
    assert check.flagged[["line", "customer_id", "cause"]].values.tolist() == [
        [2, "0000000002", "control_contacted"]
    ]
    assert check.flagged["reason"].str.contains("control").all()


def test_ids_that_lost_their_zeros_are_found(targets) -> None:
    check = check_outcomes(rows(GOOD | {"customer_id": " 1 "}), targets, today="2026-10-20")
    assert check.loaded["customer_id"].tolist() == ["0000000001"]


def test_a_customer_on_two_lists_needs_the_strategy(targets) -> None:
    both = pd.concat([targets, targets.head(1).assign(strategy_id="S2", list_id="L2")], ignore_index=True)
    assert one(both, GOOD).quarantined["cause"].tolist() == ["ambiguous_list"]
    assert one(both, GOOD | {"strategy_id": "S2"}).loaded["list_id"].tolist() == ["L2"]
    assert one(both, GOOD | {"list_id": "L1"}).loaded["strategy_id"].tolist() == ["S1"]


def test_without_list_ids_the_strategy_stands_for_the_list(targets) -> None:
    check = one(targets.drop(columns="list_id"), GOOD)
    assert check.loaded["list_id"].tolist() == ["S1"]


def test_listing_days_may_differ_by_list(targets) -> None:
    days = {"L1": "2026-10-15", "L2": "2026-10-01"}
    second = GOOD | {"customer_id": "101"}
    check = check_outcomes(rows(GOOD, second), targets, today="2026-10-20", listed_on=days)
    assert check.quarantined["cause"].tolist() == ["before_list"]
    assert check.loaded["list_id"].tolist() == ["L2"]


def test_no_clock_a_row_without_a_date_needs_today(targets) -> None:
    undated = GOOD | {"contacted_at": ""}
    assert one(targets, undated, today=None).quarantined["cause"].tolist() == ["no_date"]
    assert one(targets, undated).loaded["recorded_at"].tolist() == [pd.Timestamp("2026-10-20")]
    dated = one(targets, GOOD | {"contacted_at": "2031-01-01"}, today=None)
    assert dated.n_loaded == 1


def test_contacted_no_is_an_outcome_without_a_contact(targets) -> None:
    raw = pd.DataFrame(
        {
            "customer_id": ["0000000001", "0000000003", "0000000002"],
            "contacted": ["True", "False", "False"],
            "responded": ["False", "True", "False"],
            "contacted_at": ["2026-10-14", "", ""],
        }
    )
    check = check_outcomes(raw, targets, today="2026-10-20")
    assert check.contacts[["customer_id", "disposition"]].values.tolist() == [["0000000001", "reached"]]
    assert len(check.loaded) == 3
    assert check.flagged.empty


def test_a_chinese_file(targets) -> None:
    raw = pd.DataFrame(
        {
            "客户号": ["0000000001", "0000000003", "0000000004"],
            "是否响应": ["是", "否", "也许"],
            "金额": ["￥1,200元", "", ""],
            "联系时间": ["2026年10月14日", "2026/10/14 9:05", "2026-10-14"],
            "联系结果": ["已接通", "未接通", "拒绝"],
        }
    )
    check = check_outcomes(raw, targets, today="2026-10-20", lang="zh_CN")
    assert check.loaded["amount"].tolist()[0] == 1200
    assert check.contacts["disposition"].tolist() == ["reached", "no_answer"]
    assert "也许" in check.quarantined["reason"].iloc[0]


def test_line_numbers_come_from_the_file_where_it_has_them(targets) -> None:
    raw = rows(GOOD | {"line": "17", "responded": "?"})
    assert check_outcomes(raw, targets, today="2026-10-20").quarantined["line"].tolist() == [17]


def test_a_file_without_the_columns_is_refused(targets) -> None:
    with pytest.raises(ImportProblem, match="colour"):
        check_outcomes(pd.DataFrame({"customer_id": ["1"], "colour": ["red"]}), targets)


def test_an_empty_file(targets) -> None:
    check = check_outcomes(pd.DataFrame(columns=["customer_id", "responded"]), targets, today="2026-10-20")
    assert (check.n_read, check.n_loaded, check.repeated) == (0, 0, 0)
    OUTCOMES.check(check.loaded)
    QUARANTINE.check(check.quarantined)


def test_typed_frames_are_read_too(targets) -> None:
    raw = pd.DataFrame(
        {
            "customer_id": ["0000000001", "0000000003"],
            "responded": [True, False],
            "amount": [50_000.0, np.nan],
            "contacted_at": pd.to_datetime(["2026-10-14 09:30", None]),
        }
    )
    check = check_outcomes(raw, targets, today="2026-10-20")
    assert check.loaded["amount"].tolist()[0] == 50_000
    assert check.contacts["contacted_at"].tolist() == [pd.Timestamp("2026-10-14 09:30")]


@pytest.mark.parametrize(
    "written, moment",
    [
        ("2026-10-03", "2026-10-03"),
        ("2026/1/3", "2026-01-03"),
        ("20261003", "2026-10-03"),
        ("2026年1月3日", "2026-01-03"),
        ("2026-10-03T09:30:15", "2026-10-03 09:30:15"),
        ("2026/10/03 9:30", "2026-10-03 09:30"),
        ("2026-10-03T09:30:00Z", "2026-10-03 09:30"),
        ("2026-10-03 00:30:00+08:00", "2026-10-02 16:30"),
        ("2026-10-03 09:30:00.250", "2026-10-03 09:30:00.25"),
        ("03/10/2026", None),
        ("2026-02-30", None),
        ("2026", None),
        ("202610", None),
        ("tomorrow", None),
    ],
)
def test_moments(written, moment) -> None:
    read = read_moments(pd.Series([written]))
    assert read.dtype == "datetime64[us]"
    assert read.iloc[0] == pd.Timestamp(moment) if moment else read.isna().all()


def test_cells() -> None:
    assert read_flags(pd.Series(["TRUE", "0", "是", "maybe", None])).tolist() == [
        True,
        False,
        True,
        pd.NA,
        pd.NA,
    ]
    assert read_dispositions_of(pd.Series(["Call back", "约定回电", "空号"])).tolist() == [
        "callback",
        "callback",
        "wrong_number",
    ]
    assert read_amounts(pd.Series(["1e5", "1.5", "1,000", "nan", "1.2.3"])).fillna(-1).tolist() == [
        -1,
        1.5,
        1000,
        -1,
        -1,
    ]


def test_fifty_thousand_rows_in_seconds(targets) -> None:
    n = 50_000
    ids = [f"{number:010d}" for number in range(n)]
    many = pd.DataFrame(
        {
            "customer_id": ids,
            "strategy_id": "S1",
            "segment": "A",
            "score": 0.5,
            "rank": range(1, n + 1),
            "arm": "treatment",
        }
    )
    raw = pd.DataFrame({"customer_id": ids, "responded": ["0", "1"] * (n // 2), "contacted_at": "2026-10-14"})
    begin = time.process_time()
    check = check_outcomes(raw, many, today="2026-10-20")
    assert time.process_time() - begin < 4
    assert check.n_loaded == n
