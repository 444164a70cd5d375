"""The board pack: opened again and read, by role, in both languages, with names that mean harm."""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
from html import escape, unescape

import openpyxl
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import MachineProblem, NotAllowed, ParameterProblem
from workbench.insight import hide_small_cells
from workbench.project import pack as packing
from workbench.project.strategy import Strategy
from workbench.ui.pack import story as story_module
from workbench.ui.pack.parts import HIDDEN, Cell, Column, Native, Page, Story
from workbench.ui.pack.report import write_report
from workbench.ui.pack.sections import actions
from workbench.ui.pack.story import tell_story
from workbench.ui.pack.workbook import write_workbook
from workbench.ui.screens.review import ReviewScreen
from workbench.ui.state.guard import LOG
from workbench.ui.state.review import ReviewState

FORMULA = "=cmd|' /C calc'!A0"
SCRIPT = "</script><script>alert(1)</script>"
MOMENT = pd.Timestamp("2026-11-22 10:15:00").to_pydatetime()


@pytest.fixture(scope="module")
def project(walked_folder):
    return wb.open_project(walked_folder, role="analyst")


@pytest.fixture(scope="module")
def harmful(project):
    """The packs of strategies whose names mean harm, by format, and what the screen says of them."""
    found = project.strategy.launched_cards()
    found["name"] = [FORMULA, SCRIPT, "@SUM(1)", "\tTab", *(f"-{n}" for n in range(len(found)))][: len(found)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Strategy, "launched_cards", lambda _: found.copy())
        return ReviewState(project), written(tell_story(project, "en", MOMENT))


@pytest.fixture(scope="module")
def chinese_story(project):
    return tell_story(project, "zh_CN", MOMENT)


@pytest.fixture(scope="module")
def chinese(chinese_story):
    return written(chinese_story)


@pytest.fixture
def told_already(chinese_story, monkeypatch):
    """What is told is no matter here: where it goes is."""
    monkeypatch.setattr(story_module, "tell_story", lambda *_: chinese_story)


@pytest.fixture(scope="module")
def told(walked_folder):
    """A viewer's story, and their screen."""
    viewed = wb.open_project(walked_folder, role="viewer")
    return tell_story(viewed, "en", MOMENT), ReviewState(viewed)


def written(story: Story) -> dict[str, bytes]:
    return {"xlsx": write_workbook(story, MOMENT), "html": write_report(story, MOMENT)}


def opened(content: bytes):
    return openpyxl.load_workbook(io.BytesIO(content), rich_text=False)


def parts_of(content: bytes, pattern: str) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [archive.read(name).decode() for name in archive.namelist() if re.fullmatch(pattern, name)]


def table_of(sheet) -> pd.DataFrame:
    lines = list(sheet.iter_rows(min_row=4, values_only=True))
    return pd.DataFrame(lines[1:], columns=lines[0]).dropna(how="all")


# The workbook ------------------------------------------------------------------------


def test_every_cell_of_the_workbook_is_a_value(harmful):
    _, packs = harmful
    book = opened(packs["xlsx"])
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    named = [cell for cell in cells if cell.value == FORMULA]
    assert named
    assert all(cell.quotePrefix for cell in named)
    assert not any("<f>" in sheet for sheet in parts_of(packs["xlsx"], r"xl/worksheets/sheet\d+\.xml"))


def test_charts_are_native_and_their_words_are_references(harmful):
    _, packs = harmful
    drawn = parts_of(packs["xlsx"], r"xl/charts/chart\d+\.xml")
    assert len(drawn) == 5
    forms = [set(re.findall(r"<c:(barChart|lineChart)>", chart)) for chart in drawn]
    assert sum("barChart" in form for form in forms) == 2
    assert sum("c:errBars" in chart for chart in drawn) == 2
    for chart in drawn:
        title = re.search(r"<c:title>.*?</c:title>", chart, re.S)
        assert title is not None
        assert re.search(r"<c:f>'?[^<]+'?!\$A\$1</c:f>", title[0])
        assert not re.findall(
            r"<c:f>(?!'?(?:Strategies|Funnel|Against plan|By day|Past campaigns)'?!)", chart
        )


def test_the_workbook_holds_the_evaluations_figures(harmful):
    state, packs = harmful
    book = opened(packs["xlsx"])
    table = table_of(book["Strategies"]).set_index("No.")
    overall = state.evaluation.overall
    rows = overall[(overall["arm"] == "treatment") & (overall["outcome"] == "responded")]
    for row in rows.itertuples():
        shown = table.loc[row.strategy_id]
        assert shown["Uplift, points"] == pytest.approx(row.uplift * 100, abs=1e-6, nan_ok=True)
        assert shown["95% from"] == pytest.approx(row.ci_low * 100, abs=1e-6, nan_ok=True)
        assert shown["Treated, customers"] == row.n
        assert shown["Value won"] == pytest.approx(row.value, nan_ok=True)
    assert table_of(book["By day"])["Uplift, points"].tolist() == pytest.approx(
        (state.figures.daily()["uplift"] * 100).tolist(), abs=1e-6
    )
    facts = {row[0]: row[1] for row in book["Provenance"].iter_rows(min_row=4, max_col=2, values_only=True)}
    assert facts["SHA-256 of the evaluation"] == state.evaluation.sha256
    for row in state.project.strategy.lists().itertuples():
        assert row.sha256 in facts[f"List {row.list_id}"]
        assert f"seed {row.seed}" in facts[f"List {row.list_id}"]


def test_error_bars_span_the_intervals(harmful):
    state, packs = harmful
    sheet = opened(packs["xlsx"])["Strategies"]
    drawn = state.figures.uplift()
    for number, row in enumerate(drawn.itertuples(), 5):
        solid, hollow, minus, plus = (sheet.cell(number, column).value for column in range(41, 45))
        assert (solid if row.proven else hollow) == pytest.approx(row.uplift * 100, abs=1e-6)
        assert (hollow if row.proven else solid) is None
        assert minus == pytest.approx((row.uplift - row.ci_low) * 100, abs=1e-5)
        assert plus == pytest.approx((row.ci_high - row.uplift) * 100, abs=1e-5)


def test_sheets_are_ready_for_paper(harmful):
    _, packs = harmful
    book = opened(packs["xlsx"])
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert book["Strategies"].freeze_panes == "B5"
    assert book["Strategies"].print_title_rows == "$4:$4"
    assert book["Strategies"].column_dimensions["B"].width > 9
    cell = book["Strategies"].cell(5, 9)
    assert (cell.number_format, type(cell.value)) == ('+0.0;"−"0.0;0.0', float)


def test_a_chinese_reader_gets_chinese_sheets_words_and_units(chinese, project):
    book = opened(chinese["xlsx"])
    assert book.sheetnames[:4] == ["摘要", "策略", "客群", "漏斗"]
    state = ReviewState(project, lang="zh_CN")
    assert book["摘要"]["A1"].value == state.heading().title
    assert "万" in book["策略"].cell(5, 15).number_format
    page = chinese["html"].decode()
    assert '<html lang="zh-CN">' in page
    assert escape(state.heading().title) in page
    assert not re.search(r">(Strategy|Uplift|Funnel)<", page)


def test_the_writer_takes_what_names_and_numbers_may_be():
    nothing = Page("empty", "Two", "Nothing", nothing="=1+1")
    rows = [("A" * 40_000, float("nan"), HIDDEN), ("+1", 2, Cell(0.5, "share")), ("\r\x00", None, -3.5)]
    columns = (Column("=head"), Column("n", "count"), Column("¥", "money"))
    first = Page("one", "One: [a]/b", "=title", "-sub", columns, rows, native=Native("steps", 0, (1, 2)))
    twin = dataclasses.replace(first, native=None)
    story = Story(
        "=t", "s", "a & b", "c", "zh_CN", [], [], first, [first, twin, nothing], ["=m"], [("=f", "@v")]
    )
    book = opened(write_workbook(story, MOMENT))
    assert len({name.casefold() for name in book.sheetnames}) == len(book.sheetnames) == 6
    sheet = book[book.sheetnames[1]]
    assert len(sheet["A5"].value) < 32_767
    assert sheet["B5"].value is None
    assert sheet["C5"].value == "隐去"
    assert (sheet["C6"].value, sheet["C6"].number_format) == (0.5, '0.0%;"−"0.0%')
    assert sheet["C7"].value == -3.5
    assert book[book.sheetnames[3]]["A4"].value == "=1+1"
    assert "b &amp;&amp; b" not in write_report(story, MOMENT).decode()


# The page ----------------------------------------------------------------------------


def test_the_page_says_what_the_screen_says(harmful):
    state, packs = harmful
    page = unescape(re.sub(r"<script\b.*?</script>", "", packs["html"].decode(), flags=re.S))
    state.all_parts = True
    said = [
        *state.findings.uplift_title(),
        *state.findings.funnel_title(),
        *state.findings.plan_title(),
        *state.findings.daily_title(),
        *state.findings.past_title(),
        state.heading().title,
        state.heading().subtitle,
        *(text for text, _ in state.findings.tags()),
        *(kpi.value for kpi in state.kpis()),
        *(row["reason"] for row in state.decisions.rows()),
    ]
    assert [sentence for sentence in said if sentence not in page] == []


def test_the_page_asks_for_nothing_and_runs_no_name(harmful):
    page = harmful[1]["html"].decode()
    assert "default-src 'none'" in page
    assert page.count("<script") == page.count("</script>") == 1 + page.count('<div class="workbench-chart">')
    markup = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.S)
    assert not re.search(r"https?://|src=|href=|url\(", markup)
    assert escape(SCRIPT) in markup
    assert "<script>alert" not in page


# By role -----------------------------------------------------------------------------


def test_a_viewers_pack_hides_few_and_what_would_tell_them(told):
    story, state = told
    assert not state.may("analyst")
    page = next(page for page in story.pages if page.name == "strategies")
    overall = state.evaluation.overall
    rows = overall[overall["outcome"] == "responded"].dropna(subset=["n_responded"])
    cells = rows[["strategy_id", "arm", "n_responded"]]
    shown = hide_small_cells(cells, 11, by=("strategy_id", "arm"), count="n_responded")
    few = set(shown.loc[shown["hidden"], "strategy_id"])
    assert few
    for row in page.rows:
        treated, control = row[6], row[7]
        # One rate and the uplift would give the other.
        assert (treated is HIDDEN) == (control is HIDDEN) == (row[0] in few)
        assert (row[12] is HIDDEN) == (row[0] in few)
    assert set(rows.loc[rows["n_responded"].between(1, 10), "strategy_id"]) <= few
    plan = next(page for page in story.pages if page.name == "plan")
    table = state.figures.against_plan()
    hidden = table[table["hidden"]]
    assert sum(value is HIDDEN for row in plan.rows for value in row) >= len(hidden) > 0
    assert "Responded" not in [head.label for head in plan.columns]


def test_no_pack_names_a_customer(told, harmful, project):
    customers = set(project.strategy.targets()["customer_id"])
    story, _ = told
    texts = [str(value) for page in story.pages for row in page.rows for value in row]
    for sheet in opened(harmful[1]["xlsx"]):
        texts += [str(cell) for line in sheet.iter_rows(values_only=True) for cell in line if cell]
    assert not customers & {word for text in texts for word in re.findall(r"\w+", text)}


def test_it_is_logged_before_a_byte_is_written(walked, monkeypatch, told_already):
    seen = []

    def full(*given):
        seen.append(walked.audit_log(1).iloc[0].to_dict())
        raise MachineProblem("strategy_launch.error.export_disk", file="x", cause="full")

    kept, before = packing._write, sorted(walked.exports.iterdir())
    monkeypatch.setattr(packing, "_write", full)
    with pytest.raises(MachineProblem):
        walked.review.pack("xlsx")
    assert seen[0]["action"] == "pack.export"
    assert seen[0]["ids"]["evaluation"] == walked.review.artefact().artefact_id
    assert sorted(walked.exports.iterdir()) == before
    monkeypatch.setattr(packing, "_write", kept)
    path = walked.review.pack("xlsx", lang="zh_CN")
    assert path.parent == walked.exports
    assert opened(path.read_bytes()).sheetnames[0] == "摘要"


def test_a_viewer_writes_nothing_and_takes_it_along(viewed, monkeypatch, told_already):
    with pytest.raises(NotAllowed):
        viewed.review.pack()
    before = sorted(viewed.exports.iterdir())
    screen = ReviewScreen(ReviewState(viewed))
    assert "project.review.pack" not in screen.title.html
    sent, logged = [], []
    monkeypatch.setattr(screen.title, "send", lambda content, buffers=None: sent.append((content, buffers)))
    monkeypatch.setattr(LOG, "warning", lambda *values: logged.append((values, list(sent))))
    screen.title.press("pack", "html")
    assert screen.state.jobs.wait()
    (content, buffers), *more = [each for each in sent if "file" in each[0]]
    assert not more
    assert content["file"].endswith(".html")
    assert b"<!doctype html>" in buffers[0][:200]
    assert logged[0][1] == []
    assert screen.state.delivered is None
    assert sorted(viewed.exports.iterdir()) == before
    assert "your browser saves" in screen.message.html


def test_an_unknown_format_is_refused(walked):
    with pytest.raises(ParameterProblem):
        walked.review.pack("pdf")
    screen = ReviewScreen(ReviewState(walked))
    assert "project.review.pack(&#34;xlsx&#34;" in screen.title.html
    screen.title.press("pack", "pdf")
    assert screen.state.jobs.wait()
    assert "no board pack in the format pdf" in screen.message.html


def test_without_an_evaluation_the_pack_says_what_to_do(tmp_path):
    project = wb.create_project(tmp_path / "empty", "A&B")
    book = opened(project.review.pack("xlsx").read_bytes())
    assert book["Summary"]["A1"].value == "Nothing is evaluated in this cycle yet"
    assert "launch one in Strategy" in book["Summary"]["A2"].value
    page = project.review.pack("html").read_text(encoding="utf-8")
    assert "launch one in Strategy" in page
    assert '<script type="module">' not in page
    assert "Board pack" not in ReviewScreen(ReviewState(project)).title.html


def test_the_sections_findings_are_in_the_pack_as_this_reader_sees_them(told):
    story, state = told
    pages = {page.name: page for page in story.pages}
    said = {(row[0], row[1]) for row in pages["findings"].rows}
    for name in state.homes:
        state.open_section(name)
        label, heading = state.t(f"review.section.{name}"), state.heading()
        assert (label, heading.title) in said
        assert all((label, kpi.label) in said for kpi in state.kpis())
    state.open_section("overview")
    assert len(pages["alerts"].rows) == len(state.project.review.board.alerts())
    believed = state.project.review.hypotheses.frame()
    assert [row[0] for row in pages["hypotheses"].rows] == believed["hypothesis_id"].tolist()
    counts = [cell for row in pages["movement"].rows for cell in row[1:]]
    assert any(cell is HIDDEN for cell in counts)
    assert not any(0 < cell < 11 for cell in counts if cell is not HIDDEN)
    assert len(pages["caveats"].rows) == len(state.project.review.evidence.tables()["caveats"])


def test_an_action_item_leaves_without_a_customers_number(walked):
    customer = walked.strategy.targets()["customer_id"].iloc[0]
    walked.review.board.act_on(None, "Lin", "2026-12-31", f"=Call {customer} on 13812341234")
    found = actions(ReviewState(walked))
    assert found.title == "Action items: 1, of which 1 open"
    assert customer not in found.rows[0][0]
    assert "138****1234" in found.rows[0][0]
    assert found.rows[0][1:3] == ("Lin", "31 Dec 2026")
