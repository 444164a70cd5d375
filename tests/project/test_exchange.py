"""Leads out, outcomes in and corrections proposed, as another system writes them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import Conflict, ImportProblem, NotAllowed, NotFound, ParameterProblem
from workbench.execution import lead_key
from workbench.project import Project
from workbench.project.demo_exchange import play_exchange
from workbench.project.outcome_import import OutcomeFile
from workbench.tables.exchange import LEADS

DAY = "2026-11-20"


@pytest.fixture
def crm(copied: Project) -> Project:
    """A copy whose folder has the mapping to begin with."""
    folder = copied.folder / "exchange"
    folder.mkdir(exist_ok=True)
    (folder / "crm.toml").write_text(copied.execution.exchange.example(), encoding="utf-8")
    return copied


def list_of(project: Project) -> str:
    """The list with the most customers still to contact."""
    work = project.execution.worklist(DAY)
    return str(work[work["status"].ne("done")]["list_id"].value_counts().index[0])


def test_leads_leave_in_three_formats_with_the_same_keys(crm: Project) -> None:
    exchange, list_id = crm.execution.exchange, list_of(crm)
    leads = exchange.leads(list_id, today=DAY, masked=False)
    LEADS.check(leads)
    targets = crm.strategy.targets(list_id).set_index("customer_id")["arm"]
    assert set(targets[leads["customer_id"]]) == {"treatment"}
    assert leads["lead_id"].tolist() == [lead_key(list_id, one) for one in leads["customer_id"]]
    assert leads["priority"].tolist() == list(range(1, len(leads) + 1))
    written = [
        exchange.export_leads(list_id, kind, reason="CRM", today=DAY) for kind in ("csv", "xlsx", "jsonl")
    ]
    assert len({file.batch_id for file in written}) == 1
    frames = [
        pd.read_csv(written[0].path, dtype="str", encoding="utf-8-sig"),
        pd.read_excel(written[1].path, dtype="str"),
        pd.DataFrame([json.loads(line) for line in written[2].path.read_text("utf-8").splitlines()]),
    ]
    for frame in frames:
        assert frame["lead_id"].tolist() == leads["lead_id"].tolist()
        assert frame["customer_id"].tolist() == leads["customer_id"].tolist()
        # Names and telephones leave only where a mapping asks for them.
        assert not {"name", "phone", "script"} & set(frame.columns)
    log = exchange.log()
    assert log["action"].tolist()[:3] == ["leads.export"] * 3
    assert log["facts"].iloc[0]["batch_id"] == written[0].batch_id
    assert log["facts"].iloc[0]["n"] == len(leads)


def test_leads_through_a_mapping_are_as_the_crm_writes(crm: Project) -> None:
    exchange, list_id = crm.execution.exchange, list_of(crm)
    file = exchange.export_leads(list_id, mapping="crm", reason="nightly", today=DAY)
    frame = pd.read_csv(file.path, dtype="str", encoding="gb18030")
    assert list(frame.columns)[:2] == ["线索编号", "批次号"]
    assert frame["应联系日期"].str.fullmatch(r"\d{8}").all()
    assert set(frame["渠道"]) <= {"TEL", "SMS", "APP", "BRN", "EML"}
    with pytest.raises(NotFound, match="There is no mapping"):
        exchange.export_leads(list_id, mapping="erp")
    (crm.folder / "exchange" / "half.toml").write_text(
        '[[file]]\npattern = "x*"\ntable = "outcomes"\n[file.columns]\ncustomer_id = "id"\n', encoding="utf-8"
    )
    with pytest.raises(NotFound, match="no section"):
        exchange.export_leads(list_id, mapping="half", reason="x")
    assert exchange.mappings() == ["crm.toml", "half.toml"]


def test_who_does_not_want_to_be_contacted_is_no_lead(crm: Project) -> None:
    exchange, list_id = crm.execution.exchange, list_of(crm)
    before = exchange.leads(list_id, today=DAY, masked=False)
    asked, changed = before["customer_id"].iloc[:2]
    exchange.corrections.propose(asked, "do_not_contact", "yes", said_by="branch")
    assert len(exchange.leads(list_id, today=DAY)) == len(before)
    proposal = exchange.corrections.frame("open", masked=False).iloc[-1]
    exchange.corrections.accept(int(proposal["correction_id"]))
    after = exchange.leads(list_id, today=DAY, masked=False)
    # As soon as it is accepted; and the batch is another one.
    assert set(before["customer_id"]) - set(after["customer_id"]) == {asked}
    assert after["batch_id"].iloc[0] != before["batch_id"].iloc[0]
    assert changed in set(after["customer_id"])


def test_whole_numbers_are_for_analysts_with_a_reason(crm: Project) -> None:
    list_id = list_of(crm)
    with pytest.raises(ParameterProblem):
        crm.execution.exchange.export_leads(list_id, today=DAY)
    with pytest.raises(ParameterProblem, match="pdf"):
        crm.execution.exchange.export_leads(list_id, "pdf", reason="x", today=DAY)
    contributor = wb.open_project(crm.folder, role="contributor").execution.exchange
    with pytest.raises(NotAllowed):
        contributor.export_leads(list_id, reason="x", today=DAY)
    file = contributor.export_leads(list_id, masked=True, today=DAY)
    assert pd.read_csv(file.path, encoding="utf-8-sig")["customer_id"].str.contains(r"\*\*\*\*").all()
    viewer = wb.open_project(crm.folder, role="viewer").execution.exchange
    for forbidden in (lambda: viewer.leads(list_id), viewer.log, viewer.corrections.frame):
        with pytest.raises(NotAllowed):
            forbidden()


def results(project: Project, n: int = 6) -> pd.DataFrame:
    """Results of leads that nobody has worked yet, as the example's CRM writes them."""
    leads = project.execution.exchange.leads(list_of(project), today=DAY, masked=False).head(n)
    answers = ["Y", "N"] * (n // 2)
    return pd.DataFrame(
        {
            "结果流水号": [f"R{number}" for number in range(n)],
            "线索编号": leads["lead_id"],
            "联系时间": "20261118093000",
            "联系结果": ["01" if answer == "Y" else "03" for answer in answers],
            "是否成交": answers,
            "成交金额(万元)": ["1.25" if answer == "Y" else "" for answer in answers],
            "备注": "客户要求下月再谈",
        }
    )


def test_outcomes_come_back_through_the_mapping_once(crm: Project) -> None:
    execution = crm.execution
    rows = results(crm)
    path = crm.inbox / "crm_results 1118.csv"
    rows.to_csv(path, index=False, encoding="gb18030")
    preview = execution.exchange.preview_outcomes(path)
    assert (preview.n_checked, preview.n_loaded, len(preview.quarantined)) == (6, 6, 0)
    assert preview.rows["amount"].iloc[0] == "12500"
    told: list[tuple[float, str]] = []
    # The mapping is found by the file's name.
    report = execution.import_outcomes(path, today=DAY, progress=lambda *said: told.append(said))
    assert (report.rows_read, report.loaded, report.repeated) == (6, 6, 0)
    assert (report.outcomes, report.contacts, len(report.quarantined)) == (6, 6, 0)
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert told[-1] == (1.0, "execution_exchange.phase.done")
    mine = execution.outcomes().tail(6)
    assert mine["amount"].max() == 12_500
    assert set(mine["note"]) == {"客户要求下月再谈"}
    assert set(execution.contacts().tail(6)["disposition"]) == {"reached", "refused"}
    # The same rows again, in another file and format: nothing changes.
    rows.to_excel(crm.inbox / "crm_results again.xlsx", index=False)
    again = execution.import_outcomes(crm.inbox / "crm_results again.xlsx", mapping="crm", today=DAY)
    assert (again.loaded, again.repeated, again.contacts) == (0, 6, 0)
    # The same number with another content is not believed.
    changed = rows.assign(是否成交="Y").iloc[1:3]
    changed.to_csv(path, index=False, encoding="gb18030")
    reused = execution.import_outcomes(path, today=DAY)
    assert reused.quarantined["cause"].tolist() == ["key_reused"]
    assert reused.rows_read == reused.loaded + reused.repeated + len(reused.quarantined) == 2
    facts = execution.exchange.log(1)["facts"].iloc[0]
    assert (facts["file"], facts["quarantined"]) == (path.name, 1)


def test_every_bad_row_is_quarantined_and_the_rest_loaded(crm: Project) -> None:
    rows = results(crm)
    lead = rows.iloc[0]
    bad = [
        ({"线索编号": "ffff"}, "unknown_lead"),
        ({"线索编号": "", "客户号": "9999999999"}, "unknown_customer"),
        ({"联系时间": "20200101090000"}, "before_list"),
        ({"联系时间": "20271118093000"}, "in_future"),
        ({"联系时间": "soon"}, "bad_date"),
        ({"联系结果": "99"}, "unknown_code"),
        ({"成交金额(万元)": "lots"}, "bad_number"),
        ({"是否成交": "", "联系结果": ""}, "no_result"),
    ]
    wrong = [{**lead, "客户号": "", "结果流水号": f"B{n}", **change} for n, (change, _) in enumerate(bad)]
    # Twice with different results: neither is known to be right.
    twice = [
        {**rows.iloc[1], "客户号": "", "结果流水号": f"T{answer}", "是否成交": answer} for answer in "YN"
    ]
    good = rows.iloc[2:].assign(客户号="").to_dict("records")
    path = crm.inbox / "crm_results.jsonl"
    lines = [json.dumps(row, ensure_ascii=False) for row in (*wrong, *twice, *good)]
    path.write_text("\n".join([*lines, "no object"]) + "\n", encoding="utf-8")
    text = crm.execution.exchange.example().replace('encoding = "gb18030"\n', "")
    mapping = crm.folder / "exchange" / "lines.toml"
    mapping.write_text(text.replace("crm_results*.csv", "*.jsonl"), encoding="utf-8")
    report = crm.execution.import_outcomes(path, mapping="lines", today=DAY, lang="zh_CN")
    assert report.rows_read == report.loaded + report.repeated + len(report.quarantined) == len(lines) + 1
    causes = report.quarantined.set_index("line")["cause"].to_dict()
    wanted = {n: cause for n, (_, cause) in enumerate(bad, 1)}
    assert causes == wanted | {
        len(bad) + 1: "contradicts",
        len(bad) + 2: "contradicts",
        len(lines) + 1: "bad_json",
    }
    assert report.loaded == len(good)
    assert set(report.quarantined["file"]) == {path.name}
    assert report.quarantined["reason"].str.contains("[\u4e00-\u9fff]").all()
    assert json.loads(report.quarantined["row"].iloc[8])["结果流水号"] == "TY"
    # What a file says against an outcome that is there is not believed either.
    other = rows.iloc[[2]].assign(是否成交="N", 结果流水号="X1")
    against = crm.execution.import_outcomes(file_of(crm, other), mapping="crm", today=DAY)
    assert against.quarantined["cause"].tolist() == ["contradicts_loaded"]


def file_of(project: Project, rows: pd.DataFrame) -> Path:
    """A file of rows in the project's inbox."""
    path = project.inbox / "crm_results other.csv"
    rows.to_csv(path, index=False, encoding="gb18030")
    return path


def test_what_is_cancelled_leaves_nothing(crm: Project) -> None:
    path = file_of(crm, results(crm))
    before = (crm.folder / "state.sqlite").read_bytes()

    class Cancelled(Exception):
        pass

    phases = ("reading", "checking", "staging", "writing")
    for phase in phases:

        def stop(_: float, key: str, phase: str = phase) -> None:
            if key.endswith(phase):
                raise Cancelled

        with pytest.raises(Cancelled):
            crm.execution.import_outcomes(path, today=DAY, progress=stop)
        assert (crm.folder / "state.sqlite").read_bytes() == before
    assert not list(crm.folder.glob("state.sqlite-*"))


def test_a_file_that_can_not_be_read_is_refused(crm: Project) -> None:
    path = crm.inbox / "crm_results.csv"
    path.write_text("a;b\n1;2\n", encoding="utf-8")
    with pytest.raises(ImportProblem, match="联系时间"):
        crm.execution.import_outcomes(path, today=DAY)
    with pytest.raises(ImportProblem, match="no file"):
        crm.execution.import_outcomes(crm.inbox / "nothing.csv", today=DAY)
    frame = OutcomeFile(pd.DataFrame({"line": ["7", "x"]}))
    assert next(frame.parts()).lines.tolist() == [7, 3]


# Corrections ---------------------------------------------------------------------------


def test_corrections_become_proposals_and_then_the_portrait(crm: Project) -> None:
    held = crm.execution.exchange.corrections
    people = crm.table("customers")
    retail = people[people["kind"].eq("retail")]
    first, second = retail["customer_id"].iloc[:2]
    standing = retail.set_index("customer_id")["phone"][first]
    rows = pd.DataFrame(
        [
            ("C1", first, "手机", "13900001111", "王经理"),
            ("C2", second, "免打扰", "是", "王经理"),
            ("C3", first, "手机", standing, "王经理"),
            ("C4", "nobody", "手机", "1", ""),
            ("C5", second, "出生日期", "soon", ""),
            ("C6", first, "机构", "West street", "王经理"),
        ],
        columns=["更正流水号", "客户号", "字段", "新值", "提出人"],
    )
    path = crm.inbox / "crm_corrections.csv"
    rows.to_csv(path, index=False, encoding="gb18030")
    report = held.import_file(path)
    assert (report.rows_read, report.loaded, report.repeated) == (6, 3, 1)
    assert report.quarantined[["line", "cause"]].values.tolist() == [
        [5, "unknown_customer"],
        [6, "correction_value"],
    ]
    again = held.import_file(path)
    assert (again.loaded, again.repeated) == (0, 4)
    shown = held.frame("open")
    shown = shown[shown["source"].eq(path.name)]
    assert shown["new_value"].tolist() == ["139****1111", "yes", "West street"]
    assert first not in set(shown["customer_id"])
    phone, silent, branch = (int(n) for n in shown["correction_id"])
    with pytest.raises(ParameterProblem):
        held.decline(silent, "")
    held.accept(phone, "Called back")
    held.accept(branch)
    held.decline(silent, "Said the opposite on the telephone")
    with pytest.raises(Conflict):
        held.accept(silent)
    now = crm.table("customers", ["phone", "customer_id"]).set_index("customer_id")["phone"]
    assert now[first] == "13900001111"
    # The portrait of before is stale; the next one names what it was made from.
    portrait = crm.imports.portrait()
    assert portrait is not None
    assert crm.imports.is_stale(portrait)
    crm.build_portrait()
    built = crm.imports.portrait()
    assert built is not None
    assert not crm.imports.is_stale(built)
    frame = crm.store.artefacts.read(built, "customers", ["customer_id", "branch"]).set_index("customer_id")
    assert frame["branch"][first] == "West street"
    made_from = [name for name in crm.store.artefacts.manifest(built)["inputs"] if "corrections" in name]
    kept = crm.store.artefacts.read(crm.store.artefacts.find(made_from[0]), "corrections")
    assert kept.loc[0, ["customer_id", "old_value", "new_value", "said_by"]].tolist() == [
        first,
        standing,
        "13900001111",
        "王经理",
    ]
    assert set(kept["decided_by"]) == {crm.store.database.who}


def test_an_agent_proposes_and_may_not_decide(crm: Project) -> None:
    customer = str(crm.table("customers")["customer_id"].iloc[0])
    agent = wb.open_project(crm.folder, role="contributor", who="agent 1").execution.exchange.corrections
    assert agent.propose(customer, "branch", "West street", note="moved house")
    assert not agent.propose(customer, "branch", "West street")
    row = agent.frame("open").iloc[-1]
    assert (row["new_value"], row["said_by"], row["source"]) == ("West street", "agent 1", "workbench")
    with pytest.raises(NotAllowed):
        agent.accept(int(row["correction_id"]))
    with pytest.raises(NotAllowed):
        agent.frame(masked=False)
    for column, value, sentence in (
        ("customer_id", "7", "who a customer is"),
        ("colour", "red", "no column"),
        ("gender", "maybe", "no value of gender"),
    ):
        with pytest.raises(ParameterProblem, match=sentence):
            agent.propose(customer, column, value)


def test_the_demo_shows_proposals_and_says_that_they_are_simulated(copied: Project, tmp_path: Path) -> None:
    first = copied.execution.exchange.corrections
    before = first.counts()
    assert play_exchange(copied) in (0, 4)
    counts = first.counts()
    assert play_exchange(copied) == 0
    assert first.counts() == counts
    assert sum(counts.values()) == max(sum(before.values()), 4)
    assert counts["accepted"] == 0
    rows = first.frame()
    assert rows["said_by"].str.contains("simulated").all()
    assert copied.execution.exchange.mappings() == ["crm.toml"]
    shutil.rmtree(tmp_path / "copy")
