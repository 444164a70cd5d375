"""Exact keys bring records together, contradictions keep them apart, and nothing is lost."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from workbench.customers import parse_mapping, resolve_identities
from workbench.customers.identity import merge_tables, record_keys, set_aside_records
from workbench.customers.identity.keys import nearly_same, normal_name, normal_number, normal_phone
from workbench.customers.integration import integrate
from workbench.customers.raw import RawRows, text_frame
from workbench.engine import Engine
from workbench.errors import ParameterProblem, TableProblem

LI = {"name": "Li Na", "phone": "+86 138 1234 1234", "birth_date": "1990-02-01"}


def _records(*rows: dict) -> pd.DataFrame:
    frame = pd.DataFrame([{"source": "crm", **row} for row in rows])
    if "birth_date" in frame:
        frame["birth_date"] = pd.to_datetime(frame["birth_date"])
    return frame


def _together(found) -> list[list[str]]:
    groups = found.identities.groupby("customer_id")["record_id"].agg(sorted)
    return sorted(group for group in groups if len(group) > 1)


def _many(n: int, seed: int) -> pd.DataFrame:
    """Records whose keys repeat at random, all of one name so that nothing contradicts."""
    rng = np.random.default_rng(seed)
    born = pd.Timestamp("1980-01-01") + pd.to_timedelta(rng.integers(0, 1, n), unit="D")
    numbers = [f"C{k:06d}" if k % 2 else str(k) for k in rng.integers(1, n, n)]
    phones = [f"139{k:08d}" if k % 3 else f"+86 139-{k:08d}" for k in rng.integers(10, n, n)]
    return pd.DataFrame(
        {
            "record_id": [f"r{k:05d}" for k in range(n)],
            "source": rng.choice(["a", "b", "c"], n),
            "number": pd.Series(numbers).mask(rng.random(n) < 0.5),
            "phone": pd.Series(phones).mask(rng.random(n) < 0.5),
            "birth_date": born,
        }
    )


def test_groups_are_the_connected_components_of_shared_keys():
    records = _many(600, 1)
    keys = record_keys(records)
    place = {record: at for at, record in enumerate(keys["record_id"])}
    ends = []
    for key in ("id_number", "number", "phone_birth"):
        by_value = defaultdict(list)
        for record, value in zip(keys["record_id"], keys[key], strict=True):
            if isinstance(value, str):
                by_value[value].append(place[record])
        # The shared keys are drawn thin enough that none is taken for a branch's number.
        assert max(map(len, by_value.values()), default=0) <= 10
        ends += [(one, other) for at in by_value.values() for one, other in pairwise(at)]
    one, other = np.array(ends).T
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(len(keys), len(keys)))
    _, label = connected_components(graph, directed=False)
    found = resolve_identities(records)
    assert found.conflicts.empty
    mine = pd.factorize(found.identities["customer_id"])[0]
    assert pd.DataFrame({"mine": mine, "theirs": label}).drop_duplicates().shape[0] == len(set(label))
    assert len(set(mine)) == len(set(label)) < len(records)


def test_the_order_of_rows_does_not_show():
    records = _many(300, 2)
    shuffled = records.sample(frac=1, random_state=5)
    one, other = resolve_identities(records), resolve_identities(shuffled)
    pd.testing.assert_frame_equal(one.identities, other.identities)
    pd.testing.assert_frame_equal(one.conflicts, other.conflicts)


def test_the_most_trusted_record_stands_for_the_customer():
    records = _records({"record_id": "1", "source": "crm", **LI}, {"record_id": "2", "source": "core", **LI})
    assert set(resolve_identities(records).identities["customer_id"]) == {"2"}
    found = resolve_identities(records, trust=["crm"])
    assert set(found.identities["customer_id"]) == {"1"}
    assert found.merges.to_numpy().tolist() == [["1", "2", "phone_birth"]]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "Li Fang"}, "name"),
        ({"name": "李娜"}, "name"),
        ({"gender": "M"}, "gender"),
        ({"kind": "corporate"}, "kind"),
    ],
)
def test_one_key_of_two_people_is_listed_and_not_merged(change, reason):
    one = {"record_id": "1", **LI, "gender": "F", "kind": "retail"}
    found = resolve_identities(_records(one, {**one, "record_id": "2", **change}))
    assert _together(found) == []
    assert found.conflicts.to_numpy().tolist() == [
        ["phone_birth", "13812341234 1990-02-01", "1", "2", reason]
    ]


def test_another_birthday_contradicts_a_number():
    one = {"record_id": "1", **LI, "id_number": "11010119900201001X"}
    other = {**one, "record_id": "2", "birth_date": "1991-02-01", "id_number": "110101 19900201 001x"}
    assert list(resolve_identities(_records(one, other)).conflicts["reason"]) == ["birth_date"]


def test_a_slip_in_a_name_does_not_contradict_a_number_but_twins_stay_two():
    one = {"record_id": "1", **LI, "name": "王安柏", "number": "77"}
    other = {"record_id": "2", **LI, "name": "王安川", "number": "77"}
    assert _together(resolve_identities(_records(one, other))) == [["1", "2"]]
    twins = _records({**one, "number": None}, {**other, "number": None})
    assert _together(resolve_identities(twins)) == []


def test_records_that_contradict_each_other_do_not_meet_by_way_of_a_third():
    records = _records(
        {"record_id": "1", "number": "5", "name": "Anna Smith"},
        {"record_id": "2", "number": "5", "id_number": "AB123456"},
        {"record_id": "3", "id_number": "AB123456", "name": "Boris Weber"},
    )
    found = resolve_identities(records)
    assert _together(found) == [["2", "3"]]
    assert list(found.conflicts["reason"]) == ["chain"]


def test_a_key_of_many_is_no_key():
    rows = [{"record_id": str(k), **LI} for k in range(11)]
    found = resolve_identities(_records(*rows))
    assert _together(found) == []
    assert list(found.conflicts["reason"]) == ["crowded"]


def test_decisions_count_before_keys_and_probabilities():
    records = _records({"record_id": "1", **LI}, {"record_id": "2", **LI}, {"record_id": "3", "name": "李娜"})
    pairs = pd.DataFrame({"record_id": ["3"], "other_id": ["1"], "match_probability": [0.6]})
    found = resolve_identities(records, pairs)
    assert _together(found) == [["1", "2"]]
    assert found.queue[["record_id", "other_id"]].to_numpy().tolist() == [["1", "3"]]
    decided = pd.DataFrame(
        {"record_id": ["2", "3"], "other_id": ["1", "1"], "decision": ["different", "same"]}
    )
    found = resolve_identities(records, pairs, decided)
    assert _together(found) == [["1", "3"]]
    assert found.queue.empty
    assert list(found.conflicts["reason"]) == ["decision"]


@pytest.mark.parametrize(
    ("probability", "state"), [(0.96, "same"), (0.95, "same"), (0.5, "review"), (0.1, "different")]
)
def test_the_limits_divide_same_review_and_different(probability, state):
    records = _records({"record_id": "1", "name": "Li Na"}, {"record_id": "2", "name": "Li N"})
    pairs = pd.DataFrame({"record_id": ["1"], "other_id": ["2"], "match_probability": [probability]})
    found = resolve_identities(records, pairs)
    assert list(found.pairs["state"]) == [state]
    assert (_together(found) == [["1", "2"]]) == (state == "same")


def test_what_contradicts_a_key_is_reviewed_however_probable():
    twins = _records({"record_id": "1", **LI}, {"record_id": "2", **LI, "name": "Li Nb"})
    pairs = pd.DataFrame({"record_id": ["1"], "other_id": ["2"], "match_probability": [0.999]})
    found = resolve_identities(twins, pairs)
    assert _together(found) == []
    assert len(found.queue) == 1


def test_bad_input_gets_a_sentence():
    with pytest.raises(TableProblem, match="record_id"):
        resolve_identities(pd.DataFrame({"source": ["a"]}))
    with pytest.raises(TableProblem, match="record_id"):
        resolve_identities(pd.DataFrame({"record_id": ["1", "1"], "source": ["a", "a"]}))
    records = _records({"record_id": "1"})
    with pytest.raises(ParameterProblem, match="doubtful_from"):
        resolve_identities(records, same_from=0.2, doubtful_from=0.5)
    strange = pd.DataFrame({"record_id": ["1"], "other_id": ["2"], "decision": ["perhaps"]})
    with pytest.raises(ParameterProblem, match="perhaps"):
        resolve_identities(records, decisions=strange)
    assert resolve_identities(records.iloc[:0]).identities.empty


def test_ways_of_writing_are_one():
    assert normal_name("ＬＩ　Na") == normal_name("na, li")
    assert normal_phone("0086-138 1234 1234") == normal_phone("13812341234")
    assert normal_number("CUST-0012") == normal_number("12")
    assert normal_number("C0") is None
    assert not nearly_same("anna smith", "anne smitt")
    assert nearly_same("anna smith", "ana smith")


# Merging ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def merged() -> dict[str, pd.DataFrame]:
    tables = {
        "customers": pa.table(
            {
                "customer_id": ["1", "2", "3", "4"],
                "name": ["Li Na", "L. Na", None, "Bo"],
                "phone": [None, None, "138", "139"],
            }
        ),
        "holdings": pa.table({"customer_id": ["1", "2", "4"], "balance": [10.0, 5.0, 7.0]}),
        "links": pa.table(
            {
                "customer_id": ["1", "2", "3", "4"],
                "to_customer_id": ["4", "4", "1", "2"],
                "relation": ["employer"] * 4,
            }
        ),
    }
    merges = pd.DataFrame(
        {"customer_id": ["1", "1", "4"], "merged_from": ["3", "2", "77"], "matched_by": ["decision"] * 3}
    )
    with Engine(threads=1) as engine:
        made = merge_tables({name: ibis.memtable(table) for name, table in tables.items()}, merges)
        return {
            name: engine.frame(table).sort_values(list(table.columns), ignore_index=True)
            for name, table in made.items()
        }


def test_the_surviving_customer_takes_what_it_lacks(merged):
    rows = merged["customers"].set_index("customer_id")
    assert rows.loc["1"].tolist() == ["Li Na", "138", "2, 3"]
    # A record that was only set aside is named, and adds no row.
    assert rows.loc["4", "merged_from"] == "77"
    assert list(rows.index) == ["1", "4"]


def test_rows_move_and_none_is_lost(merged):
    assert merged["holdings"].to_numpy().tolist() == [["1", 5.0], ["1", 10.0], ["4", 7.0]]


def test_ties_are_each_there_once_and_none_leads_to_itself(merged):
    assert merged["links"].to_numpy().tolist() == [["1", "4", "employer"], ["4", "1", "employer"]]


# Set aside -------------------------------------------------------------------------

MAPPING = """
[[file]]
pattern = "people.csv"
table = "customers"
[file.columns]
customer_id = { from = "no", pad = 4 }
kind = { constant = "retail" }
[[file]]
pattern = "crm.csv"
table = "customers"
merge = "add"
[file.columns]
customer_id = { from = "id", pad = 4 }
name = "who"
birth_date = { from = "born", format = "%d.%m.%Y" }
"""


def _raw(file: str, section, **columns: list[str]) -> RawRows:
    frame = text_frame(list(columns), list(columns.values()))
    return RawRows(file, file, frame, np.arange(2, len(frame) + 2), section=section)


def test_records_that_an_import_set_aside_are_read_and_the_counts_stay():
    mapping = parse_mapping(MAPPING)
    people, crm = mapping.sections
    result = integrate(
        [
            _raw("people.csv", people, no=["1", "2"]),
            _raw(
                "crm.csv",
                crm,
                id=["1", "9", "9", ""],
                who=["A", "<b>B</b>", "C", "D"],
                born=["01.02.1990"] * 4,
            ),
        ]
    )
    records = set_aside_records(result.quarantine, mapping)
    assert records[["record_id", "source", "name"]].to_numpy().tolist() == [["0009", "crm.csv", "<b>B</b>"]]
    assert records.loc[0, "birth_date"] == pd.Timestamp("1990-02-01")
    files = result.files
    assert (files["rows_read"] == files["rows_loaded"] + files["rows_quarantined"]).all()
