"""Every row is loaded or quarantined, whatever the files hold."""

import json
import random

import pandas as pd
import pytest

from workbench.customers import integrate, parse_mapping
from workbench.customers.content import raw_rows
from workbench.errors import ImportProblem
from workbench.tables import CUSTOMERS, QUARANTINE

CUSTOMER_SECTION = """
[[file]]
pattern = "customers.csv"
table = "customers"
[file.columns]
customer_id = { from = "id", pad = 4, strip = "C" }
kind = { from = "kind", codes = { P = "retail", C = "corporate" } }
age = "age"
opened_on = "opened"
"""
CRM_SECTION = """
[[file]]
pattern = "crm.csv"
table = "customers"
merge = "add"
[file.columns]
customer_id = { from = "id", pad = 4, strip = "C" }
name = "name"
consent = "consent"
age = { from = "age", optional = true }
"""
EVENT_SECTION = """
[[file]]
pattern = "events.csv"
table = "events"
[file.columns]
customer_id = { from = "id", pad = 4 }
occurred_at = "at"
event_type = "what"
"""


def section(text):
    return parse_mapping(text).sections[0]


def raw(text, of, name="a.csv"):
    return raw_rows(text.encode(), name, section(of))


def causes(result):
    return result.quarantine[["line", "cause"]].apply(tuple, axis=1).tolist()


def check_conservation(result):
    files = result.files
    assert (files["rows_read"] == files["rows_loaded"] + files["rows_quarantined"]).all()
    assert files["rows_quarantined"].sum() == len(result.quarantine)
    QUARANTINE.check(result.quarantine)


def test_each_cause_with_its_line():
    result = integrate(
        [
            raw(
                "id,kind,age,opened\n"
                "1,P,40,2020-01-01\n"
                ",P,40,2020-01-01\n"
                "3,X,40,2020-01-01\n"
                "4,P,old,2020-01-01\n"
                "5,P,40,01/02/2020\n"
                "C0001,P,40,2020-01-01\n"
                "1,P,41,2020-01-01\n"
                "7,P,40\n"
                "8,P,40,2020-01-01,extra\n"
                "1.2E+17,P,40,2020-01-01\n"
                "9,,40,2020-01-01\n",
                CUSTOMER_SECTION,
            )
        ]
    )
    check_conservation(result)
    assert causes(result) == [
        (3, "missing_id"),
        (4, "unknown_code"),
        (5, "bad_number"),
        (6, "bad_date"),
        (7, "repeated_row"),
        (8, "repeated_key"),
        (9, "too_few_fields"),
        (10, "too_many_fields"),
        (11, "bad_id"),
        (12, "missing_value"),
    ]
    assert result.tables["customers"]["customer_id"].tolist() == ["0001"]
    quarantine = result.quarantine.set_index("line")
    assert quarantine.loc[5, ["column", "value"]].tolist() == ["age", "old"]
    assert quarantine.loc[5, "reason"].startswith('"old" in column "age" is no number.')
    assert json.loads(quarantine.loc[10, "row"]) == {
        "id": "8",
        "kind": "P",
        "age": "40",
        "opened": "2020-01-01",
        "(field 5)": "extra",
    }


def test_a_second_system_adds_columns_and_the_first_wins():
    result = integrate(
        [
            raw(
                "id,name,consent,age\nC1,NA,是,41\nC2,李四,N,30\nC9,X,Y,\nC2,李四,N,30\n",
                CRM_SECTION,
                "crm.csv",
            ),
            raw("id,kind,age,opened\n1,P,40,\n2,P,,\n3,C,,\n", CUSTOMER_SECTION, "core.csv"),
        ]
    )
    check_conservation(result)
    customers = CUSTOMERS.check(result.tables["customers"])
    assert customers["age"].tolist()[:2] == [40.0, 30.0]
    assert customers["name"].fillna("-").tolist() == ["NA", "李四", "-"]
    assert customers["consent"].tolist() == [True, False, pd.NA]
    assert causes(result) == [(4, "orphan"), (5, "repeated_row")]
    assert result.conflicts.to_dict("records") == [
        {
            "file": "crm.csv",
            "line": 2,
            "customer_id": "0001",
            "column": "age",
            "kept": "40.0",
            "found": "41.0",
        }
    ]


def test_a_second_system_in_parts():
    core = raw("id,kind,age,opened\n1,P,,\n2,P,,\n", CUSTOMER_SECTION, "core.csv")
    parts = [
        raw("id,name,consent\n1,A,Y\n", CRM_SECTION, "crm-1.csv"),
        raw("id,name,consent\n2,B,N\n1,C,Y\n", CRM_SECTION, "crm-2.csv"),
    ]
    result = integrate([core, *parts])
    check_conservation(result)
    assert result.tables["customers"]["name"].tolist() == ["A", "B"]
    assert causes(result) == [(3, "repeated_key")]
    assert "absent_column" in result.notes["kind"].tolist()


def test_nothing_to_add_to():
    with pytest.raises(ImportProblem, match="no file brought customers"):
        integrate([raw("id,name,consent\n1,A,Y\n", CRM_SECTION)])


def test_orphans_and_repeats_of_a_table_without_key():
    core = raw("id,kind,age,opened\n1,P,,\n", CUSTOMER_SECTION)
    text = (
        "id,at,what\n1,2026-01-01 08:00:00,login\n2,2026-01-01 08:00:00,login\n1,2026-01-01 08:00:00,login\n"
    )
    result = integrate([raw(text, EVENT_SECTION, "e.csv"), core])
    assert causes(result) == [(3, "orphan"), (4, "repeated_row")]
    # The same content under another name is the same delivery.
    again = integrate([core, raw(text, EVENT_SECTION, "e.csv"), raw(text, EVENT_SECTION, "copy.csv")])
    check_conservation(again)
    assert len(again.tables["events"]) == 1
    # Without customers in this import, those of an earlier one count.
    later = integrate([raw(text, EVENT_SECTION)], customer_ids=["0002"])
    assert later.tables["events"]["customer_id"].tolist() == ["0002"]
    assert len(integrate([raw(text, EVENT_SECTION)]).tables["events"]) == 2


def test_keys_across_parts():
    of = (
        '[[file]]\npattern="h"\ntable="holdings"\n'
        '[file.columns]\ncustomer_id="i"\nproduct="p"\nas_of="d"\nbalance="b"\n'
    )
    one = raw("i,p,d,b\n1,fund,2026-01-31,5\n", of, "h-1.csv")
    two = raw("i,p,d,b\n1,fund,2026-01-31,6\n1,fund,2026-02-28,6\n", of, "h-2.csv")
    result = integrate([one, two])
    check_conservation(result)
    assert causes(result) == [(2, "repeated_key")]
    assert result.tables["holdings"]["balance"].tolist() == [5.0, 6.0]


def test_the_younger_of_two_rows():
    of = CUSTOMER_SECTION.replace('table = "customers"', 'table = "customers"\nlatest_by = "changed"')
    text = (
        "id,kind,age,opened,changed\n"
        "1,P,40,,2025-01-01\n2,P,50,,2026-01-01\n1,P,41,,2026-01-01\n2,P,51,,2025-01-01\n3,P,60,,\n"
    )
    result = integrate([raw(text, of)])
    assert result.tables["customers"]["age"].tolist() == [50.0, 41.0, 60.0]
    assert causes(result) == [(2, "repeated_key"), (5, "repeated_key")]


def test_a_column_chosen_row_by_row():
    of = (
        '[[file]]\npattern="l"\ntable="links"\n[file.columns]\n'
        'customer_id={ by="R", from={ E="party", S="company" } }\n'
        'to_customer_id={ by="R", from={ E="company", S="party" } }\n'
        'relation={ from="R", codes={ E="employer", S="supplier" } }\n'
    )
    result = integrate([raw("R,company,party\nE,1,2\nS,1,3\nZ,1,4\nE,1,\n", of)])
    check_conservation(result)
    assert result.tables["links"].to_numpy().tolist() == [["2", "1", "employer"], ["1", "3", "supplier"]]
    assert causes(result) == [(4, "unknown_code"), (5, "missing_id")]


def test_rows_numbered_where_the_file_has_no_id():
    of = (
        '[[file]]\npattern="a"\ntable="customers"\nkeep=true\n[file.columns]\n'
        'customer_id={ row_number=true, pad=3 }\nkind={ constant="retail" }\n'
    )
    result = integrate([raw("x,y\n1,a\n1\n1,a\n", of)])
    check_conservation(result)
    customers = result.tables["customers"]
    # Two customers may look alike; a broken row keeps its number for the day it is mended.
    assert customers["customer_id"].tolist() == ["001", "003"]
    assert customers["x"].tolist() == [1.0, 1.0]
    assert customers["y"].tolist() == ["a", "a"]


def test_columns_nobody_reads_are_named():
    result = integrate([raw("id,kind,age,opened,fax\n1,P,,,5\n", CUSTOMER_SECTION)])
    assert result.notes["note"].tolist() == ["No rule reads these columns: fax."]
    assert "fax" not in result.tables["customers"]


def test_a_column_that_is_not_there():
    with pytest.raises(
        ImportProblem, match=r'no column "opened".* Nearest: opend. Its columns: id, kind, age, opend'
    ):
        integrate([raw("id,kind,age,opend\n1,P,,\n", CUSTOMER_SECTION)])


def test_header_only():
    result = integrate([raw("id,kind,age,opened\n", CUSTOMER_SECTION)])
    assert result.files[["rows_read", "rows_loaded", "rows_quarantined"]].iloc[0].tolist() == [0, 0, 0]
    assert len(CUSTOMERS.check(result.tables["customers"])) == 0


CELLS = (
    "", " ", "1", "2", "0002", "C3", "12.0", "1.2E+17", "P", "C", "X", "2026-01-31", "31/01/2026", "1,000",
    "12,34", "NA", "张三",
    '"', '"a', 'a"b', '"a\nb"', '"a,b"', "登录", "\ufeff", "#N/A", "-5", "1e400", "NaN",
)  # fmt: skip


def random_file(rng, header):
    lines = [",".join(header)]
    for _ in range(rng.randint(0, 25)):
        width = len(header) + rng.choice([0] * 12 + [-1, 1, -2])
        lines.append(",".join(rng.choice(CELLS) for _ in range(max(width, 0))))
        if rng.random() < 0.2:
            lines.append(rng.choice(lines[1:]))
        if rng.random() < 0.05:
            lines.append("")
    data = (
        rng.choice(["\n", "\r\n", "\r\r\n"]).join(lines).encode(rng.choice(["utf-8", "utf-8-sig", "gb18030"]))
    )
    body = data.find(b"\n") + 1
    if body and rng.random() < 0.2:
        cut = rng.randint(body, len(data))
        data = data[:cut] + b"\xff" + data[cut:]
    return data


def plain_count(data):
    """Rows of a file without quotes, counted without any of our readers."""
    lines = data.replace(b"\r", b"\n").split(b"\n")
    return sum(1 for line in lines if line.strip(b" \xef\xbb\xbf")) - 1


@pytest.mark.parametrize("seed", range(60))
def test_no_row_is_lost_in_random_mess(seed):
    rng = random.Random(seed)
    files = [
        ("core.csv", CUSTOMER_SECTION, ["id", "kind", "age", "opened"]),
        ("core-2.csv", CUSTOMER_SECTION, ["id", "kind", "age", "opened"]),
        ("crm.csv", CRM_SECTION, ["id", "name", "consent", "age"]),
        ("events.csv", EVENT_SECTION, ["id", "at", "what"]),
    ]
    contents = [random_file(rng, header) for _, _, header in files]
    raws = [raw_rows(data, name, section(of)) for data, (name, of, _) in zip(contents, files, strict=True)]
    result = integrate(raws)
    check_conservation(result)
    for data, read in zip(contents, result.files["rows_read"], strict=True):
        if b'"' not in data:
            assert read == plain_count(data)
    # Each row has a line of its own: loaded and quarantined lines never meet.
    for one in raws:
        lines = [*one.lines.tolist(), *(r.line for r in one.rejected)]
        assert len(lines) == len(set(lines))
    quarantined = result.quarantine
    assert not quarantined.duplicated(["file", "line"]).any()
    assert quarantined["row"].map(json.loads).map(lambda row: isinstance(row, dict)).all()
    assert (quarantined["reason"].str.len() > 10).all()
    customers = CUSTOMERS.check(result.tables["customers"])
    assert result.tables["events"]["customer_id"].isin(customers["customer_id"]).all()
