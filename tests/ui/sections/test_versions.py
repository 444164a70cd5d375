"""Two segmentations compared on the screen: figures, hidden cells, questions, roles, empty states."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import NotAllowed
from workbench.insight import Segmenter
from workbench.ui.screens.insight import InsightScreen
from workbench.ui.state.insight import InsightState

NASTY = "<img src=x onerror=alert(1)>"


def approved(project, k):
    """Approve k segments of the newest features."""
    features = project.insight.features_of(project.insight.segmentation())
    segmenter = Segmenter(n_clusters=k).fit(features)
    return project.insight.approve(segmenter, features)


@pytest.fixture
def section(walked):
    state = InsightState(walked)
    state.open_section("versions")
    return state.current_section


@pytest.fixture
def screen(walked):
    screen = InsightScreen(InsightState(walked))
    screen.tabs.press("section", "versions")
    return screen


def view_of(screen):
    return screen._sections["versions"]


def test_the_newest_version_stands_beside_the_one_before(section):
    assert (section.before, section.after) == ("1", "2")
    assert [value for _, value in section.choices()] == ["2", "1"]
    title = section.heading().title
    share = section.compared.migration.share_changed
    assert f"{share:.0%}" in title or "Under" in title or "No customer" in title


def test_the_figures_are_a_plain_recount(section):
    one, other = section.compared.before.membership, section.compared.after.membership
    both = one.merge(other, on="customer_id", how="outer")
    counts = pd.crosstab(both["segment_x"].fillna("\0joined"), both["segment_y"].fillna("\0left"))
    for before in section.order("before"):
        for after in section.order("after"):
            n = section.cell(before, after)
            true = int(counts.get(after, pd.Series(dtype=int)).get(before, 0))
            assert n == true or (n is None and true > 0)
            if 0 < true < section.project.small_cell:
                assert n is None
    assert section.cell(None, None) == len(both)


def test_no_hidden_flow_is_drawn_and_no_hidden_share_is_said(section):
    approved(section.project, 5)
    section.screen.load()
    section.choose("before", "1")
    _, ribbons = section.flow()
    drawn = set(zip(ribbons["before"], ribbons["after"], strict=True))
    cells = section.cells().dropna(subset=["before", "after"])
    hidden = {(row.before, row.after) for row in cells[cells["hidden"]].itertuples()}
    assert hidden
    assert not drawn & hidden
    for one, other in hidden:
        assert not section.may_say(one if one[0] != "\0" else None, other if other[0] != "\0" else None)
    assert (ribbons["n"] >= section.project.small_cell).all()


def test_any_two_versions_can_be_chosen(section):
    approved(section.project, 3)
    section.screen.load()
    assert (section.before, section.after) == ("2", "3")
    section.choose("before", "1")
    assert section.python() == "project.insight.compare(3, 1)"
    section.choose("after", "1")
    assert (section.before, section.after) == ("3", "1")
    section.swap()
    assert (section.before, section.after) == ("1", "3")
    section.choose("after", "99")
    section.choose("nothing", "2")
    assert (section.before, section.after) == ("1", "3")
    assert len(section.compared.after.segments) == 3


def test_versions_on_the_same_features_have_not_drifted(section):
    approved(section.project, 3)
    section.screen.load()
    assert section.compared.same_features
    assert (section.compared.drift["psi"] == 0).all()
    assert section.findings.drift_title()[0] == section.t("insight_versions.drift.same")


def test_both_languages_say_the_same_figures(section):
    english = [section.heading().title, *(kpi.value for kpi in section.kpis())]
    section.screen.lang = "zh_CN"
    chinese = [section.heading().title, *(kpi.value for kpi in section.kpis())]
    assert english[0] != chinese[0]
    for one, other in zip(english, chinese, strict=True):
        assert re.findall(r"[\d.]+%", one) == re.findall(r"[\d.]+%", other)
    assert all(kpi.note for kpi in section.kpis())
    assert all(re.search(r"[\u4e00-\u9fff]", event["sentence"]) for event in section.events())


def test_a_share_of_few_customers_is_only_said_to_be_small(section):
    from workbench.ui.state.sections.versions_findings import changed_share

    class Few:
        class migration:  # noqa: N801
            n_both, n_changed, share_changed = 1500, 3, 0.002

    assert changed_share(Few, 11) == ("1%", True)
    Few.migration.n_changed, Few.migration.share_changed = 150, 0.1
    assert changed_share(Few, 11) == ("10%", False)


# Labels --------------------------------------------------------------------------


@pytest.fixture
def renamed(walked):
    """A newest version in which the largest segment was given a strange name by hand."""
    segmentation = walked.insight.segmentation()
    first = segmentation.segments.iloc[0]
    walked.insight.relabel(int(first["cluster"]), "Curious people")
    state = InsightState(walked)
    state.open_section("versions")
    return state.current_section, int(first["cluster"]), str(first["segment"])


def test_a_label_that_was_lost_is_asked_for_and_comes_back(renamed):
    section, cluster, label = renamed
    rows = section.questions.rows()
    assert [row["cluster"] for row in rows] == [cluster]
    assert rows[0]["candidates"][0]["segment"] == label
    section.questions.answer(str(cluster), label)
    # The kernel dies: another state reads the same draft.
    again = InsightState(section.project)
    again.open_section("versions")
    asked = again.current_section.questions
    assert asked.answers() == {str(cluster): label}
    assert asked.python() == f"project.insight.compare(3, 2).take_labels({{{cluster}: {label!r}}})"
    slot = section.project.insight.segmentation(2).segments.set_index("segment").at[label, "slot"]
    asked.store()
    newest = section.project.insight.segmentation()
    assert newest.version == 4
    assert newest.segments.set_index("cluster").at[cluster, "segment"] == label
    assert newest.segments.set_index("cluster").at[cluster, "slot"] == slot
    assert again.banner.kind == "done"
    assert (again.current_section.before, again.current_section.after) == ("2", "4")
    assert again.current_section.questions.rows() == []


def test_a_name_that_is_kept_is_not_asked_for_again(renamed):
    section, cluster, _ = renamed
    section.questions.answer(str(cluster), "")
    section.questions.store()
    assert section.questions.rows() == []
    assert section.project.insight.segmentation().version == 3
    with pytest.raises(wb.errors.ParameterProblem):
        section.questions.store()


def test_answers_that_are_none_are_passed_over(renamed):
    section, cluster, label = renamed
    section.questions.answer("77", label)
    section.questions.answer(str(cluster), "no such segment")
    assert section.questions.answers() == {}
    section.questions.answer(str(cluster), label)
    section.questions.answer(str(cluster), label)
    assert section.questions.answers() == {}


def test_an_exchange_of_names_is_one_version(walked):
    before = walked.insight.segmentation().segments.set_index("cluster")["segment"]
    one, other = before.index[:2]
    walked.insight.relabel(int(one), "For a moment")
    walked.insight.relabel(int(other), before[one])
    walked.insight.relabel(int(one), before[other])
    compared = walked.insight.compare(other=2)
    assert compared.migration.n_changed == 0
    assert set(compared.events["kind"]) >= {"renamed"}
    stored = compared.take_labels({int(one): before[one]})
    assert stored.segments.set_index("cluster")["segment"].to_dict() == before.to_dict()
    with pytest.raises(wb.errors.Conflict):
        compared.take_labels({int(one): before[one]})


def test_labels_are_suggested_for_a_fit_that_is_not_approved(walked):
    now = walked.insight.segmentation()
    features = walked.insight.features_of(now)
    found = walked.insight.suggest_carried_labels(Segmenter.from_json(_text(now.model)), features)
    labels = now.segments.set_index("cluster")["segment"]
    assert found.set_index("cluster")["label"].to_dict() == labels.to_dict()
    assert set(found["decision"]) == {"carry"}
    assert found.attrs["version"] == now.version
    assert found["segment_zh"].notna().all()


def _text(model):
    import json

    return json.dumps(model)


# The view ------------------------------------------------------------------------


def test_the_overviews_button_opens_the_section(walked):
    screen = InsightScreen(InsightState(walked))
    assert 'data-value="versions"' in screen.title.html
    labels = [kpi.label for kpi in screen.state.kpis()]
    assert screen.state.t("insight_versions.kpi.changed") in labels
    assert screen.state.t("insight_versions.kpi.drift") in labels
    screen.title.press("section", "versions")
    assert screen.state.section == "versions"
    view = view_of(screen)
    assert "wb-grid-versions" in screen.grid._dom_classes
    assert "<table" in view.matrix.html
    assert view.flow.tables
    assert "project.insight.compare(2, 1)" in view.hint.html


def test_the_dropdowns_and_the_exchange_change_what_is_shown(screen):
    approved(screen.state.project, 4)
    screen.state.reload()
    view = view_of(screen)
    assert view.controls["after"].value == "3"
    view.controls["before"].value = "1"
    assert screen.state.current_section.before == "1"
    assert "v1" in screen.title.html
    view.hint.press("swap")
    assert view.controls["after"].value == "1"
    screen.top.press("lang", "zh_CN")
    assert "第1版" in screen.title.html
    screen.top.press("mode", "dark")
    assert view.flow.mode == "dark"


def test_a_question_is_answered_by_pressing(walked):
    first = walked.insight.segmentation().segments.iloc[0]
    walked.insight.relabel(int(first["cluster"]), NASTY)
    screen = InsightScreen(InsightState(walked))
    screen.tabs.press("section", "versions")
    view = view_of(screen)
    for panel in (view.asked, view.events, view.matrix, view.flow_head, screen.title):
        assert NASTY not in panel.html
    assert "&lt;img" in view.asked.html
    view.asked.press("store")
    assert screen.state.banner.kind == "error"
    view.asked.press("answer", f"{first['cluster']}:{first['segment']}")
    assert 'aria-pressed="true"' in view.asked.html
    view.asked.press("store")
    assert walked.insight.segmentation().segments.iloc[0]["segment"] == first["segment"]


def test_one_version_says_what_to_do(walked):
    known = walked.insight.versions()
    state = InsightState(walked)
    state.project.insight.versions = lambda: known.iloc[:1]
    state.open_section("versions")
    section = state.current_section
    assert not section.ready
    assert section.heading().title == state.t("insight_versions.title.only_one")
    assert section.kpis() == []


def test_a_project_without_a_segmentation_says_what_to_do(tmp_path):
    screen = InsightScreen(InsightState(wb.create_project(tmp_path / "new")))
    screen.tabs.press("section", "versions")
    assert screen.state.t("insight_versions.title.nothing") in screen.title.html
    assert screen.state.banner is None


def test_versions_without_a_common_customer_say_so(section, monkeypatch):
    other = section.compared.after
    strangers = other.membership.assign(customer_id="n" + other.membership["customer_id"])
    monkeypatch.setattr(section.compared, "after", _changed(other, membership=strangers))
    section.compared.__dict__.pop("migration", None)
    section.compared.__dict__.pop("happened", None)
    section._kept = {key: kept for key, kept in section._kept.items() if key.endswith("compared")}
    assert "no customer in common" in section.heading().title
    assert section.events() == []
    assert section.kpis()[0].value == "–"
    assert section.findings.matrix_title()[0]
    assert np.isnan(section.compared.migration.low)


def _changed(segmentation, **values):
    from dataclasses import replace

    return replace(segmentation, **values)


def test_features_that_were_not_kept_leave_only_the_drift_out(section):
    section.compared.__dict__["features"] = None
    assert section.drift() is None
    assert section.kpis()[-1].value == "–"
    assert section.findings.drift_title() == (section.t("insight_versions.drift.neutral"), "")


# Roles ---------------------------------------------------------------------------


def test_a_viewer_reads_and_decides_nothing(viewed, monkeypatch):
    monkeypatch.setenv("WORKBENCH_PUBLISHED", "1")
    screen = InsightScreen(InsightState(viewed))
    screen.tabs.press("section", "versions")
    view = view_of(screen)
    assert view.ask_card.layout.display == "none"
    assert "project.insight" not in view.hint.html
    assert screen.state.banner is None
    with pytest.raises(NotAllowed):
        viewed.insight.compare().take_labels({0: viewed.insight.segmentation(1).segments["segment"][0]})
