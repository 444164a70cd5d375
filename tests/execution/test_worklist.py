from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.execution import address, build_worklist, fill_script, product_name
from workbench.tables import CONTACTS, OUTCOMES


def contacts(*tries: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(tries, columns=["customer_id", "contacted_at", "disposition"])
    frame["contacted_at"] = pd.to_datetime(frame["contacted_at"]).astype("datetime64[us]")
    frame = frame.assign(
        contact_id=[f"C{n}" for n in range(len(frame))], list_id="L1", strategy_id="S1", channel="phone"
    )
    return CONTACTS.check(frame)


def outcomes(*results: tuple[str, bool]) -> pd.DataFrame:
    frame = pd.DataFrame(results, columns=["customer_id", "responded"]).assign(
        list_id="L1", strategy_id="S1", amount=np.nan
    )
    frame["outcome_id"] = [f"O{n}" for n in range(len(frame))]
    frame["recorded_at"] = pd.Timestamp("2026-10-14").as_unit("us")
    return OUTCOMES.check(frame)


@pytest.fixture
def work(targets, customers, strategies):
    def build(tries=None, results=None, today="2026-10-14", people=None, lang="zh_CN"):
        return build_worklist(
            targets,
            customers if people is None else people,
            CONTACTS.empty() if tries is None else tries,
            OUTCOMES.empty() if results is None else results,
            strategies,
            today=today,
            lang=lang,
        )

    return build


def status(frame: pd.DataFrame, number: int) -> list[object]:
    row = frame.set_index("customer_id").loc[f"{number:010d}"]
    return [row["status"], row["attempts"], row["last_disposition"]]


def test_only_the_treatment_arm_is_worked(work, targets) -> None:
    frame = work()
    treated = targets.loc[targets["arm"] == "treatment", "customer_id"]
    assert set(frame["customer_id"]) == set(treated)
    assert (frame["status"] == "open").all()
    assert sorted(frame["priority"]) == list(range(1, len(treated) + 1))


def test_who_has_since_objected_is_left_out(work, customers) -> None:
    changed = customers.assign(
        do_not_contact=[True] + [False] * 11, consent=pd.Series([True] * 2 + [False] + [True] * 8 + [None])
    )
    listed = set(work(people=changed)["customer_id"])
    assert "0000000001" not in listed
    assert "0000000003" not in listed
    assert "0000000004" in listed


def test_ids_are_masked_and_scripts_name_nobody_in_full(work, customers) -> None:
    frame = work().merge(customers[["customer_id", "name", "phone"]], on="customer_id")
    assert frame["masked_id"].str.fullmatch(r"\d{3}\*{4}\d{4}").all()
    assert not any(row.phone in row.masked_id for row in frame.itertuples())
    chinese = frame[frame["name"].isin(["王小明", "欧阳修", "张三"])]
    assert not any(row.name in row.script for row in chinese.itertuples(index=False))


def test_scripts_fill_known_fields_and_nothing_else(work) -> None:
    scripts = work().set_index("customer_id")["script"]
    rest = "定期存款 {name.__class__} {0!r} {other}"
    assert scripts["0000000001"] == f"王先生您好，{rest}"
    assert scripts["0000000003"] == f"尊敬的客户您好，{rest}"
    assert scripts["0000000004"] == f"欧阳先生/女士您好，{rest}"
    assert scripts["0000000005"] == f"Li女士您好，{rest}"
    # A name that looks like a placeholder or like markup stays what it is.
    assert scripts["0000000101"] == "Dear <b>先生: green bond"


@pytest.mark.parametrize(
    "name, gender, company, lang, expected",
    [
        ("王小明", "M", False, "zh_CN", "王先生"),
        ("欧阳修", None, False, "zh_CN", "欧阳先生/女士"),
        ("欧阳", "F", False, "zh_CN", "欧女士"),
        ("Li, Anna", "F", False, "en", "Ms Li"),
        ("Anna Li", "M", False, "en", "Mr Li"),
        ("Acme Ltd", None, True, "en", "Acme Ltd"),
        ("  ", "F", False, "en", "dear customer"),
        (None, None, False, "zh_CN", "尊敬的客户"),
    ],
)
def test_address(name, gender, company, lang, expected) -> None:
    assert address(name, gender, company=company, lang=lang) == expected


def test_a_script_is_never_a_format_string() -> None:
    nasty = "{name.__init__.__globals__} {name[0]} {product!r:>1000000000} {{name}} %(name)s ${name}"
    filled = fill_script(nasty, name="A", product="B")
    assert filled == "{name.__init__.__globals__} {name[0]} {product!r:>1000000000} {A} %(name)s $A"
    assert fill_script("{name}", name=r"\1\g<0>", product="") == r"\1\g<0>"


def test_products_in_words() -> None:
    assert product_name("time_deposit") == "time deposit"
    assert product_name("payroll_service", "zh_CN") == "代发工资服务"
    assert product_name("new_thing", "zh_CN") == "new thing"


def test_status_follows_the_last_try(work) -> None:
    frame = work(
        contacts(
            ("0000000001", "2026-10-12 09:00", "no_answer"),
            ("0000000001", "2026-10-13 09:00", "callback"),
            ("0000000003", "2026-10-13 09:00", "no_answer"),
            ("0000000004", "2026-10-13 09:00", "reached"),
            ("0000000005", "2026-10-13 09:00", "wrong_number"),
            ("0000000007", "2026-10-12 09:00", "no_answer"),
            ("0000000007", "2026-10-12 12:00", "no_answer"),
            ("0000000007", "2026-10-13 09:00", "no_answer"),
            ("0000000008", "2026-10-13 09:00", "refused"),
        )
    )
    assert status(frame, 1) == ["callback", 2, "callback"]
    assert status(frame, 3) == ["open", 1, "no_answer"]
    assert status(frame, 4) == ["done", 1, "reached"]
    assert status(frame, 5) == ["done", 1, "wrong_number"]
    assert status(frame, 7) == ["done", 3, "no_answer"]
    assert status(frame, 8) == ["done", 1, "refused"]
    assert status(frame, 9) == ["open", 0, ""]
    due = frame.set_index("customer_id")["due_on"]
    assert due["0000000001"] == pd.Timestamp("2026-10-14")
    assert due["0000000003"] == pd.Timestamp("2026-10-15")
    assert due[frame.set_index("customer_id")["status"] == "done"].isna().all()


def test_an_outcome_settles_unless_the_last_try_asks_for_another(work) -> None:
    tries = contacts(
        ("0000000001", "2026-10-13 09:00", "callback"),
        ("0000000003", "2026-10-13 09:00", "no_answer"),
        ("0000000004", "2026-10-13 09:00", "callback"),
    )
    results = outcomes(("0000000001", True), ("0000000003", False), ("0000000005", False))
    frame = work(tries, results)
    assert status(frame, 1)[0] == "done"
    assert status(frame, 3)[0] == "open"
    assert status(frame, 4)[0] == "callback"
    assert status(frame, 5)[0] == "done"


def test_order_of_work(work) -> None:
    frame = work(
        contacts(
            ("0000000010", "2026-10-13 09:00", "callback"),
            ("0000000001", "2026-10-12 09:00", "reached"),
            ("0000000009", "2026-10-14 08:00", "callback"),
        )
    ).sort_values("priority")
    today = pd.Timestamp("2026-10-14")
    kind = np.select(
        [frame["status"] == "done", frame["due_on"] > today, frame["status"] == "callback"], [3, 2, 0], 1
    )
    assert kind.tolist() == sorted(kind)
    assert frame["customer_id"].iloc[0] == "0000000010"
    assert frame["customer_id"].iloc[-1] == "0000000001"


def test_first_tries_are_spread_evenly_over_the_days(work, targets, strategies) -> None:
    due = work().merge(targets[["customer_id", "rank"]], on="customer_id").sort_values("rank")
    due = due[due["strategy_id"] == "S1"]
    assert due["due_on"].is_monotonic_increasing
    assert due["due_on"].min() == pd.Timestamp("2026-10-12")
    assert due["due_on"].max() <= pd.Timestamp("2026-10-21")
    # 8 customers on 10 days: never two a day
    assert not due["due_on"].duplicated().any()


def test_the_order_of_the_input_does_not_matter(work, targets, customers, strategies) -> None:
    shuffled = build_worklist(
        targets.sample(frac=1, random_state=1),
        customers.sample(frac=1, random_state=2),
        CONTACTS.empty(),
        OUTCOMES.empty(),
        strategies,
        today="2026-10-14",
        lang="zh_CN",
    )
    pd.testing.assert_frame_equal(shuffled, work())


def test_a_portrait_without_names_and_phones(work, customers) -> None:
    frame = work(people=customers[["customer_id"]], lang="en")
    assert frame["masked_id"].iloc[0] == "000****0001"
    assert frame["script"].iloc[0].startswith("dear customer")


def test_no_targets(customers, strategies, targets) -> None:
    frame = build_worklist(
        targets.iloc[:0], customers, CONTACTS.empty(), OUTCOMES.empty(), strategies, today="2026-10-14"
    )
    assert frame.empty
    assert "script" in frame.columns


def test_a_number_is_masked_like_a_number_whatever_way_it_was_written(targets, customers, strategies) -> None:
    written = ["+86 138-1234-1234", None, ""] + ["13800000009"] * (len(customers) - 3)
    work = build_worklist(
        targets,
        customers.assign(phone=pd.Series(written, dtype="str")),
        CONTACTS.empty(),
        OUTCOMES.empty(),
        strategies,
        today="2026-10-12",
    ).set_index("customer_id")
    assert work.at["0000000001", "masked_id"] == "138****1234"
    # Without a number the customer's own identifier stands for it, masked too.
    assert work.at["0000000003", "masked_id"] == "000****0003"
