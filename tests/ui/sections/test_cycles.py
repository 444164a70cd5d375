"""Cycles on the screen: states, what changed and from where, lineage, runs, and who may do what."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import workbench as wb
from workbench import locale
from workbench.ui.screens.review import ReviewScreen

NASTY = "<script>alert(1)</script> =1+1"
WRITES = 'data-action="(freeze|close|reopen|admit|form|open)"'


@pytest.fixture
def shown(opened):
    """Return a function that opens the section and its view."""

    def show(project, **traits):
        state = opened(project, **traits)
        return state, state.current_section, ReviewScreen(state)._sections["cycles"]

    return show


def test_the_title_says_what_changed_beyond_chance(viewed, shown):
    state, section, _ = shown(viewed)
    compared = viewed.compare_cycles()
    verdicts = compared.kpis.set_index("kpi")["verdict"]
    title = state.heading().title
    assert "2026 Q2" in title
    assert "2026 Q3" in title
    if verdicts.isin(["rose", "fell"]).any():
        assert "more than chance explains" in title
    else:
        assert "no figure changed by more than chance" in title
    kpis = state.kpis()
    assert len(kpis) <= 6
    assert kpis[0].value == "2"
    rows = {row["kpi"]: row for row in section.compared.kpi_rows()}
    found = compared.kpis.set_index("kpi")
    assert rows["uplift"]["difference"] == locale.points(found.loc["uplift", "difference"])
    assert rows["cost"]["after"] == locale.money(found.loc["cost", "after"])
    assert rows["cost"]["interval"] == ""
    effects = section.compared.effect_rows()
    assert len(effects) == len(compared.effects)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_viewer_sees_everything_and_can_press_nothing(viewed, shown, text, lang):
    _, section, view = shown(viewed, lang=lang, mode="dark")
    panels = (view.list, view.compared, view.changes, view.facts, view.runs)
    html = "".join(panel.html for panel in panels)
    assert not re.search(WRITES, html)
    assert "project." not in html
    assert "2026 Q2" in text(view.list)
    changed = viewed.compare_cycles().strategies
    accepted = changed[changed["origin"].eq("accepted")]
    assert accepted["recommendation_id"].iloc[0] in text(view.changes)
    assert {"en": "accepted", "zh_CN": "已采纳"}[lang] in text(view.changes)
    # Who did it is for analysts, and nobody's number is on the page.
    assert viewed.store.database.who not in text(view.facts)
    assert all(not row["events"][0]["who"] for row in section.rows())
    ids = viewed.customers(["customer_id"])["customer_id"]
    assert not any(str(one) in html for one in ids.head(300))


def test_figures_over_cycles_are_those_of_their_evaluations(viewed, shown):
    _, section, view = shown(viewed)
    points, panels = section.compared.points(4)
    assert panels["column"].max() == 3
    for cycle in ("2026 Q2", "2026 Q3"):
        known = wb.measure_cycle(viewed.at(cycle).review.evaluation().overall).set_index("kpi")["value"]
        mine = points[points["cycle_id"].eq(cycle)].set_index("kpi")["shown"]
        assert mine["contacted_share"] == locale.percent(known["contacted_share"])
        assert mine["value_won"] == locale.money(known["value_won"])
    higher = points.sort_values("y").groupby("kpi")["y"].first()
    assert (points["y"].dropna() >= points["kpi"].map(higher)[points["y"].notna()]).all()
    view.kpis.width = 340
    assert section.compared.points(2)[1]["row"].max() == 3


def test_small_groups_are_hidden_from_readers(viewed, walked, shown):
    _, section, _ = shown(viewed)
    section.measured = section.measured.assign(hits=section.measured["hits"].where(lambda n: n.isna(), 5.0))
    rows = {row["kpi"]: row for row in section.compared.kpi_rows()}
    assert rows["response_rate"]["before"] == rows["response_rate"]["difference"] == "–"
    points, panels = section.compared.points(4)
    assert points.loc[points["kpi"].eq("response_rate"), "y"].isna().all()
    assert "hidden" in set(panels["note"])
    few = pd.DataFrame({"segment": list("abc"), "n_before": [300, 200, 5], "n_after": [280, 190, 40]})
    shares = few.assign(share_before=0.1, share_after=0.1, difference=0.0)
    object.__setattr__(section.compared.found, "segments", shares)
    hidden = {row["segment"] for row in section.compared.segment_rows() if row["hidden"]}
    assert "c" in hidden
    assert len(hidden) >= 2  # the total must not give it away
    object.__setattr__(section.compared.found, "n_both", 4)
    assert "Fewer than 11" in section.compared.overlap()
    _, mine, _ = shown(walked)
    object.__setattr__(mine.compared.found, "segments", shares)
    assert not any(row["hidden"] for row in mine.compared.segment_rows())


def test_an_analyst_freezes_closes_and_reopens(walked, shown, text):
    state, _, view = shown(walked)
    view.list.press("freeze", "2026 Q3")
    assert (state.banner.kind, walked.cycle.state) == ("done", "frozen")
    assert "frozen" in text(view.list)
    view.list.press("close", "2026 Q3")
    assert state.banner.kind == "error"
    assert walked.cycle.state == "frozen"
    for name in walked.review.recommendations()["recommendation_id"]:
        walked.review.reject(name, "No")
    view.list.press("close", "2026 Q3")
    assert walked.cycle.state == "closed"
    assert "holds what was sealed" in text(view.list)
    view.list.press("reopen", "2026 Q3", {"reason": "  "})
    assert "needs a reason" in state.t(state.banner.key, **state.banner.values)
    view.list.press("reopen", "2026 Q3", {"reason": NASTY})
    assert walked.cycle.state == "open"
    assert NASTY not in view.list.html
    assert "&lt;script&gt;" in view.list.html
    assert list(walked.cycle_events()["event"])[-3:] == ["frozen", "closed", "reopened"]


def test_late_results_are_counted_and_let_in(walked, shown, text):
    walked.close_cycle()
    row = walked.strategy.targets().loc[lambda rows: rows["arm"].eq("treatment")].iloc[0]
    frame = pd.DataFrame(
        [{"customer_id": row["customer_id"], "responded": "yes", "recorded_at": "2026-11-21"}]
    )
    assert walked.execution.import_outcomes(frame, today="2026-12-01").late == 1
    state, _, view = shown(walked)
    assert next(kpi for kpi in state.kpis() if kpi.tone == "warn").value == "1"
    assert "came after freezing" in text(view.list)
    assert "admit" not in view.list.html
    view.list.press("reopen", "2026 Q3", {"reason": "late file"})
    assert 'data-action="admit"' in view.list.html
    view.list.press("admit", "2026 Q3")
    assert state.banner.kind == "done"
    assert walked.late_results().empty
    # The evaluation is older than its data now, and so is what hangs on it.
    assert "stale" in text(view.graph_head)


def test_a_cycle_is_opened_from_another(walked, shown, text):
    state, section, view = shown(walked)
    view.list.press("form", "show")
    assert section.opening_fields()["cycle_id"] == "2026 Q4"
    view.list.press("open", "", {"cycle_id": "2026 Q2", "snapshot_date": "2026-12-31", "source": ""})
    assert "already a cycle" in state.t(state.banner.key, **state.banner.values)
    assert section.opening
    fields = {"cycle_id": "Winter", "snapshot_date": "2026-12-31", "source": "2026 Q2", "reason": "Trial"}
    view.list.press("open", "", fields)
    opened = walked.at("Winter")
    assert opened.cycle.opened_from == "2026 Q2"
    assert len(opened.strategy.cards()) == len(walked.at("2026 Q2").strategy.cards())
    assert "Winter" in text(view.list)
    view.list.press("show", "Winter")
    assert state.project.cycle.cycle_id == "Winter"
    assert "Nothing was evaluated" in text(view.graph_head)
    view.list.press("form", "show")
    view.list.press("open", "", {"cycle_id": "Empty", "snapshot_date": "", "source": "-"})
    assert walked.at("Empty").cycle.opened_from is None


def test_the_comparison_can_be_turned_around(viewed, shown, text):
    _, section, view = shown(viewed)
    forward = {row["kpi"]: row["difference"] for row in section.compared.kpi_rows()}
    section.choose("before", "2026 Q3")
    assert (section.before, section.after) == ("2026 Q3", "2026 Q2")
    assert "2026 Q3 against 2026 Q2" in text(view.compared)
    backward = {row["kpi"]: row["difference"] for row in section.compared.kpi_rows()}
    assert backward["uplift"].lstrip("−+") == forward["uplift"].lstrip("−+")
    section.choose("before", "1999 Q1")
    assert section.before == "2026 Q3"


def test_from_a_figure_to_the_raw_files(viewed, shown, text):
    _, section, view = shown(viewed)
    evaluation = viewed.review.evaluation()
    choice = section.lineage
    assert set(choice.figures()["value_won"]) == {evaluation.artefact_id}
    nodes, points = choice.graph()
    members = [one for group in nodes["members"] for one in group]
    above = viewed.lineage().ancestors(evaluation.artefact_id)
    assert sorted(members) == sorted([evaluation.artefact_id, *above])
    assert len(nodes) < len(members) / 2
    assert (points.groupby("edge")["x"].diff().dropna() == 1).all()
    facts = choice.facts()
    assert facts["sha256"] == evaluation.sha256
    assert facts["path"][0]["id"].startswith("raw:")
    assert facts["path"][-1]["id"] == evaluation.artefact_id
    raw = {f"raw:{sha}" for sha in viewed.imports.report().files["sha256"]}
    assert facts["n_raw"] >= len(raw & set(above)) > 0
    # Press a node of the picture, then one of the list beside it.
    group = nodes.loc[nodes["kind"].eq("target_list"), "node_id"].iloc[0]
    view.graph.selection = {"pick": {"node_id": [group]}}
    assert section.node == group
    assert "side by side" in text(view.facts)
    view.facts.press("node", choice.facts()["members"][1]["id"])
    assert section.node == nodes.loc[nodes["node_id"].eq(group), "members"].iloc[0][1]
    assert choice.facts()["sha256"]
    view.facts.press("node", "nothing/of-the-kind")
    for name in choice.figures():
        choice.choose_figure(name)
        assert choice.title()[0]
        assert choice.facts() is not None, name
        assert choice.figure_name(name)


def test_runs_are_listed_with_their_pages(walked, shown, text):
    folder = walked.folder / "exports" / "runs" / "x"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}", encoding="utf-8")
    first = walked.store.runs.begin("2026 Q3", "exports/runs/x")
    walked.store.runs.end(first, [{"name": "01_insight.ipynb", "seconds": 12.25}])
    second = walked.store.runs.begin("2026 Q2", "exports/runs/gone", on_copy=True)
    walked.store.runs.end(second, [], NASTY)
    _, _, view = shown(walked)
    said = text(view.runs)
    assert "01_insight 12" in said
    assert "Pages in exports/runs/x" in said
    assert "no longer at exports/runs/gone" in said
    assert "on a copy" in said
    assert NASTY not in view.runs.html
    reader = wb.open_project(walked.folder, role="viewer")
    _, _, seen = shown(reader)
    assert "exports/runs" not in seen.runs.html
    assert "&lt;script&gt;" not in seen.runs.html


def test_one_cycle_and_none(tmp_path, shown, text):
    project = wb.create_project(tmp_path / "empty")
    state, _, view = shown(project)
    assert state.heading().title == "No cycle yet"
    assert state.kpis() == []
    assert "None yet" in text(view.runs)
    project.open_cycle("Q", "2026-09-30")
    state, section, view = shown(project)
    assert "1 cycles; Q is open" in state.heading().title
    assert "Nothing to compare yet" in text(view.compared)
    assert "No cycle is evaluated yet" in text(view.kpis_head)
    assert section.lineage.facts() is None


def test_unevaluated_cycles_are_compared_by_their_strategies(walked, shown, text):
    walked.review.accept(walked.review.recommendations()["recommendation_id"].iloc[0], "Yes")
    state, _, view = shown(walked.at("2026 Q4"))
    assert "2026 Q3 against 2026 Q4" in text(view.compared)
    assert "when both are evaluated" in text(view.compared)
    assert "cycles; 2026 Q4 is open" in state.heading().title
