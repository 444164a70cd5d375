"""The section of ties: its sentences, what a reader may see, and the review by keyboard."""

from __future__ import annotations

import importlib.util

import pandas as pd
import pytest

import workbench as wb
from workbench.insight import hide_small_cells
from workbench.locale import LANGUAGES
from workbench.ui import request
from workbench.ui.screens.insight import InsightScreen
from workbench.ui.state.insight import InsightState

HAS_SPLINK = importlib.util.find_spec("splink") is not None


def _open(project, **traits):
    state = InsightState(project, **traits)
    state.open_section("links")
    section = state.current_section
    assert state.jobs.wait()
    return state, section


def test_the_walk_has_found_the_companies(viewed):
    state, _ = _open(viewed)
    assert state.banner is None
    companies = viewed.insight.links.companies()
    title = state.heading().title
    assert f"{len(companies)} companies employ" in title
    assert f"{companies['n_employees'].sum():,}" in title
    n_open = int(companies["action"].isin(["win_company", "offer_payroll"]).sum())
    assert n_open <= 1 or f"{n_open} of the larger ones" in title
    assert len(state.kpis()) == 6
    assert state.kpis()[1].value == f"{companies['n_employees'].sum():,}"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_reader_sees_no_company_with_few_customers(viewed, lang):
    state, section = _open(viewed, lang=lang)
    screen = InsightScreen(state)
    assert section.hides
    companies = viewed.insight.links.companies()
    shown = section.listed()
    assert (shown["n_employees"] >= 11).all()
    hidden = hide_small_cells(companies[["rank", "n_employees"]], by=("rank",), count="n_employees")["hidden"]
    assert section.n_few() == hidden.sum() > 0
    known = shown.dropna(subset="n_payroll")
    for part in (known["n_payroll"], known["n_employees"] - known["n_payroll"]):
        assert ((part == 0) | (part >= 11)).all()
    html = "".join(p.html for p in _panels(screen))
    ids = set(viewed.table("customers")["customer_id"])
    assert not [one for one in ids if one in html]
    assert 'data-action="pair"' not in html
    assert 'data-action="search"' not in html
    assert "insight_links." not in html


def _panels(screen):
    from workbench.ui.panel import Panel

    section = screen._sections["links"]
    found = [child for part in section.cards for child in part.children]
    return [child for child in (*found, screen.title, screen.figures) if isinstance(child, Panel)]


def test_an_analyst_sees_every_company_with_masked_numbers(walked):
    state, section = _open(walked)
    screen = InsightScreen(state)
    assert len(section.listed()) == len(section.companies)
    html = "".join(panel.html for panel in _panels(screen))
    assert "project.insight.links" in html
    ids = set(walked.table("customers")["customer_id"])
    assert not [one for one in ids if one in html]
    section.more()
    assert len(section.rows()) == min(30, len(section.listed()))


def test_the_list_is_limited_to_a_suggestion(walked):
    _, section = _open(walked)
    choice = section.choices()[-1]
    section.choose(choice["action"])
    assert len(section.listed()) == choice["n"]
    assert choice["action"] in section.python()
    section.choose(choice["action"])
    assert section.action == ""
    section.choose("<b>")
    assert section.action == ""


def test_the_bars_and_the_heat_show_what_the_tables_say(walked):
    _, section = _open(walked)
    bars = section.bars()
    assert (bars.groupby("label")["n"].sum() == bars.groupby("label")["total"].first()).all()
    buyers, rows = section.chain_table()
    assert rows[-1]["cells"][-1]["n"] == section.chain["n"].sum()
    assert [sum(cell["n"] for cell in row["cells"][:-1]) for row in rows] == [
        row["cells"][-1]["n"] for row in rows
    ]
    assert len(buyers) == section.chain["buyer_industry"].nunique()


def test_on_a_published_screen_even_an_analyst_reads_only(walked, monkeypatch):
    monkeypatch.setenv(request.PUBLISHED, "1")
    _, section = _open(walked)
    assert section.hides
    assert not section.review.is_open
    assert section.review.queue.empty


# Review ----------------------------------------------------------------------------


@pytest.fixture
def doubtful(walked, monkeypatch):
    """Return a project in which three pairs wait: records that the CRM holds under another number."""
    links = walked.insight.links
    records = links.records()
    aside = records[records["source"] != "customers"]
    known = records[records["source"] == "customers"].dropna(subset="name")
    twins = [known.loc[known["name"] == row.name_, "record_id"].iloc[0] for row in _named(aside, known)]
    pairs = pd.DataFrame(
        {
            "record_id": twins,
            "other_id": [row.record_id for row in _named(aside, known)],
            "match_probability": 0.7,
            "name": "same",
            "phone": "close",
        }
    )
    assert len(pairs) >= 1
    extra = known["record_id"].tolist()[5:9]
    more = pd.DataFrame(
        {
            "record_id": extra[::2],
            "other_id": extra[1::2],
            "match_probability": 0.5,
            "name": "close",
            "phone": "same",
        }
    )
    links.keep(records, pd.concat([pairs, more], ignore_index=True), {})
    return walked


def _named(aside, known):
    rows = aside.assign(name_=aside["name"])
    return list(rows[rows["name"].isin(known["name"])].itertuples())


def test_pairs_are_shown_masked_and_decided_one_after_the_other(doubtful):
    state, section = _open(doubtful)
    screen = InsightScreen(state)
    review = section.review
    n = len(review.queue)
    assert n >= 3
    pair = review.current()
    assert "****" in pair["one"]
    assert {field["agreement"] for field in pair["fields"]} == {"✓ same", "~ one slip apart"}
    assert all("**" in field["one"] for field in pair["fields"] if field["label"] in ("Name", "Telephone"))
    panel = screen._sections["links"].review
    assert 'accesskey="s"' in panel.html
    ids = review.queue.iloc[0][["record_id", "other_id"]].tolist()
    panel.press("pair", f"same:{pair['mark']}")
    assert state.banner.kind == "done"
    assert len(review.queue) == n - 1
    held = doubtful.insight.links.decisions()
    assert held[["record_id", "other_id", "decision"]].to_numpy().tolist() == [[*sorted(ids), "same"]]
    pair = review.current()
    panel.press("pair", f"later:{pair['mark']}")
    assert len(review.queue) == n - 1
    assert review.current()["mark"] != pair["mark"]
    assert 'data-action="rebuild"' in panel.html


def test_what_was_decided_is_applied_to_the_portrait_and_can_be_undone(doubtful):
    state, section = _open(doubtful)
    report = doubtful.imports.report().files
    assert (report["rows_read"] == report["rows_loaded"] + report["rows_quarantined"]).all()
    pair = section.review.queue.iloc[-1]
    doubtful.insight.links.decide(pair.record_id, pair.other_id, "same", "one person")
    before = len(doubtful.customers(["customer_id"]))
    section.review.rebuild()
    assert state.jobs.wait()
    assert state.banner.kind == "done"
    portrait = doubtful.customers()
    stays, gone = sorted([pair.record_id, pair.other_id])
    assert len(portrait) == before - 1
    assert portrait.set_index("customer_id").loc[stays, "merged_from"] == gone
    lineage = doubtful.lineage().frame()
    assert "identity" in set(lineage.loc[lineage["target_kind"] == "portrait", "source_kind"])
    mark = section.review.past()[0]["mark"]
    section.review.undo(mark)
    section.review.rebuild()
    assert state.jobs.wait()
    assert len(doubtful.customers(["customer_id"])) == before
    assert list(doubtful.insight.links.decisions(history=True)["decision"]) == ["same", "later"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_conflicts_are_listed_masked(doubtful, lang):
    conflict = ("phone_birth", "13812341234 1990-02-01", "0000010001", "0000010002", "gender")
    found = doubtful.insight.links.resolution()
    columns = ["key", "value", "record_id", "other_id", "reason"]
    stored = type(found)(found.identities, found.pairs, pd.DataFrame([conflict], columns=columns))
    doubtful.insight.links.__dict__["_stored"] = stored
    state, _ = _open(doubtful, lang=lang)
    html = InsightScreen(state)._sections["links"].review.html
    assert "000****0001 · 000****0002" in html
    assert {"en": "same telephone and birthday, but another gender", "zh_CN": "电话和生日相同，但性别不同"}[
        lang
    ] in html
    assert "13812341234" not in html


def test_an_old_page_changes_nothing(doubtful):
    state, section = _open(doubtful)
    screen = InsightScreen(state)
    panel = screen._sections["links"].review
    for value in ("same:ffff", "perhaps:" + section.review.current()["mark"], ""):
        panel.press("pair", value)
        assert state.banner.kind == "error"
    assert doubtful.insight.links.decisions().empty


def test_the_loser_of_two_decisions_is_told(doubtful):
    state, section = _open(doubtful)
    screen = InsightScreen(state)
    pair = section.review.queue.iloc[0]
    mark = section.review.current()["mark"]
    doubtful.insight.links.decide(pair.record_id, pair.other_id, "different")
    screen._sections["links"].review.press("pair", f"same:{mark}")
    assert state.banner.key == "store.error.pair_conflict"
    assert list(doubtful.insight.links.decisions()["decision"]) == ["different"]


@pytest.mark.skipif(not HAS_SPLINK, reason="the extra linkage is not installed")
def test_a_search_fills_the_queue_with_the_strangers_of_the_crm(walked):
    state, section = _open(walked)
    section.review.search()
    assert state.jobs.wait()
    assert state.banner is None
    strangers = set(
        walked.quarantine().loc[
            lambda t: t["cause"].eq("orphan") & t["file"].str.startswith("crm/customers"), "value"
        ]
    )
    assert strangers
    asked = pd.concat(
        [
            section.review.queue,
            walked.insight.links.merges().set_axis(["record_id", "other_id", "how"], axis=1),
        ]
    )
    found = {one[-7:] for one in asked["other_id"]}
    assert {one[-7:] for one in strangers} & found


def test_without_splink_exact_keys_count_and_a_sentence_says_so(walked, monkeypatch):
    from workbench.engine import linkage

    monkeypatch.setattr(linkage, "find_spec", lambda name: None)
    state, section = _open(walked)
    screen = InsightScreen(state)
    assert "Splink is not installed" in screen._sections["links"].review.html
    section.review.search()
    assert state.jobs.wait()
    assert state.banner is None
    assert not walked.insight.links.identity().summary["is_probable"]


# Empty -----------------------------------------------------------------------------


def test_a_bank_without_ties_gets_a_sentence(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    rows = "\n".join(f"{k},{20 + k % 50}" for k in range(60))
    (raw / "people.csv").write_text(f"no,age\n{rows}\n", encoding="utf-8")
    (raw / "mapping.toml").write_text(
        '[[file]]\npattern = "people.csv"\ntable = "customers"\n[file.columns]\n'
        'customer_id = "no"\nkind = { constant = "retail" }\nage = "age"\n',
        encoding="utf-8",
    )
    project = wb.create_project(tmp_path / "bank", "Bank")
    project.import_files(raw)
    for role in ("analyst", "viewer"):
        state, _ = _open(wb.open_project(tmp_path / "bank", role=role))
        screen = InsightScreen(state)
        assert state.banner is None
        heading = state.heading()
        assert "aren't known yet" in heading.title
        assert ("Import links" in heading.subtitle) == (role == "analyst")
        assert state.kpis() == []
        assert screen._sections["links"].parts[0].layout.display == "none"
    with pytest.raises(wb.errors.NotFound, match="Import links"):
        project.insight.links.build()


def test_an_empty_project_gets_a_sentence(tmp_path):
    state, _ = _open(wb.create_project(tmp_path / "bank", "Bank"))
    InsightScreen(state)
    assert state.banner is None
    assert "known yet" in state.heading().title


def test_a_name_that_is_html_is_escaped(walked):
    state, section = _open(walked)
    section.published.loc[0, "company"] = '<img src=x onerror="alert(1)">'
    screen = InsightScreen(state)
    html = "".join(panel.html for panel in _panels(screen))
    assert "<img" not in html
    assert "&lt;img" in html
