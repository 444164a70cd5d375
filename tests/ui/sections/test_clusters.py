"""The section of clusters: the bench, what is stored, drafts, and bad input."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import NotAllowed, ParameterProblem
from workbench.insight import Segmenter, build_features
from workbench.ui.screens.insight import InsightScreen
from workbench.ui.state.insight import InsightState
from workbench.ui.state.segmenting import Segmenting

NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture
def state(walked):
    return InsightState(walked)


@pytest.fixture
def bench(state):
    state.open_section("clusters")
    found = state.current_section.bench
    state.jobs.wait()
    return found


@pytest.fixture
def screen(walked):
    return opened(walked)


def opened(project):
    screen = InsightScreen(InsightState(project, section="clusters"))
    screen.state.jobs.wait()
    screen.refresh()
    return screen


def view_of(screen):
    return screen._sections["clusters"]


def given(project, monkeypatch, customers):
    """Let a project's portrait be these customers."""
    monkeypatch.setattr(project, "customers", lambda *_, **__: customers, raising=False)


def of_size(n, **columns):
    ids = [f"{number:05d}" for number in range(n)]
    return pd.DataFrame({"customer_id": ids, **columns})


def test_the_bench_compares_fits_labels_and_approves(state):
    bench = Segmenting(state)
    bench.k = 3
    with pytest.raises(ParameterProblem):
        bench.approve()
    bench.fit()
    assert bench.jobs.wait()
    assert state.progress is None
    assert [row["n"] for row in bench.rows()] == [int(n) for n in bench.segmenter.sizes_]
    bench.rename(0, "Everyday savers", "日常储户")
    with pytest.raises(ParameterProblem):
        bench.rename(1, "Everyday savers", "")
    before = state.segmentation.version
    bench.approve()
    assert state.segmentation.version == before + 1
    assert "Everyday savers" in set(state.segmentation.segments["segment"])
    assert state.banner.kind == "done"


def test_labels_can_be_swapped_and_a_bad_form_changes_nothing(state):
    bench = Segmenting(state)
    bench.k = 2
    bench.fit()
    bench.jobs.wait()
    bench.rename_all({"en-0": "A", "zh-0": "甲", "en-1": "B", "zh-1": "乙"})
    bench.rename_all({"en-0": "B", "zh-0": "乙", "en-1": "A", "zh-1": "甲"})
    assert [bench.labels[n].segment for n in (0, 1)] == ["B", "A"]
    with pytest.raises(ParameterProblem):
        bench.rename_all({"en-0": "", "zh-0": "", "en-1": "C", "zh-1": ""})
    assert [bench.labels[n].segment for n in (0, 1)] == ["B", "A"]


def test_changing_k_drops_the_fit(state):
    bench = Segmenting(state)
    bench.k = 2
    bench.fit()
    bench.jobs.wait()
    assert bench.rows()
    bench.k = 3
    assert bench.rows() == []
    with pytest.raises(ParameterProblem):
        bench.approve()


def test_a_viewer_can_not_approve(viewed):
    state = InsightState(viewed)
    bench = Segmenting(state)
    bench.k = 2
    bench.fit()
    bench.jobs.wait()
    with pytest.raises(NotAllowed):
        bench.approve()


def test_features_come_with_their_shape_and_those_left_out_with_a_reason(bench):
    names = [row["name"] for row in bench.choice.rows("en")]
    assert names == list(build_features(bench.screen.project.customers()))
    left, more = bench.screen.current_section.left_out(bench.choice.preparation)
    assert more == 0
    assert dict(left)["tier"].startswith("It is derived")


def test_a_feature_less_and_a_weight_reach_the_fit(bench):
    bench.k, bench.scaling, bench.outliers = 3, "robust", "winsorise"
    bench.choice.toggle("age")
    bench.choice.weigh("tenure", 1)
    bench.choice.weigh("no such feature", 1)
    bench.fit()
    bench.jobs.wait()
    features = build_features(bench.screen.project.customers()).drop(columns="age")
    expected = Segmenter(3, scaling="robust", outliers="winsorise", weights={"tenure": 2.0}).fit(features)
    assert (bench.segmenter.labels_ == expected.labels_).all()
    assert "weights={'tenure': 2.0}" in bench.python()
    assert "drop(columns=['age'])" in bench.python_features()


@pytest.mark.parametrize("algorithm", ["hierarchical", "kprototypes", "minibatch_kmeans"])
def test_other_algorithms_are_fitted_and_approved(bench, algorithm):
    bench.k, bench.algorithm = 3, algorithm
    bench.fit()
    bench.jobs.wait()
    bench.approve()
    state = bench.screen
    assert state.segmentation.model["parameters"]["algorithm"] == algorithm
    assert state.current_section.algorithm() in state.heading().title


def test_customers_in_no_cluster_are_said_to_be_so(bench):
    bench.algorithm, bench.min_size = "hdbscan", 25
    bench.choice.use(bench.choice.names, on=False)
    bench.choice.use(["age", "balance_total"], on=True)
    bench.fit()
    bench.jobs.wait()
    if bench.segmenter is None:
        assert bench.screen.banner.key == "insight_clusters.error.none_dense"
        return
    last = bench.rows()[-1]
    assert last["none"]
    assert last["en"] == "In no cluster"
    assert last["n"] == (bench.segmenter.labels_ == -1).sum()


def test_a_comparison_of_several_algorithms_is_stored_and_read(bench, monkeypatch):
    import workbench.insight as room

    compare = room.compare_k

    def quick(features, _range, **settings):
        return compare(features, range(2, 4), n_bootstrap=4, n_references=2, sample_size=300, **settings)

    monkeypatch.setattr(room, "compare_k", quick)
    bench.several = True
    bench.compare()
    bench.jobs.wait()
    assert set(bench.comparison["algorithm"]) == {"kmeans", "gaussian_mixture", "hierarchical"}
    bench.algorithm, bench.k = "kmeans", 3
    assert bench.comparison is not None
    bench.fit()
    bench.jobs.wait()
    bench.approve()
    section = bench.screen.current_section
    stability = section.stability()
    assert stability["cluster"].tolist() == [0, 1, 2]
    assert f"{stability['jaccard'].min():.2f}" in section.heading().title
    rows = {row["cluster"]: row for row in section.segment_rows()}
    assert {n: row["jaccard"] for n, row in rows.items()} == dict(
        zip(stability["cluster"], stability["jaccard"], strict=True)
    )
    bench.scaling = "robust"
    assert bench.comparison is None


def test_choices_and_typed_labels_survive_the_kernel(screen, walked):
    bench = view_of(screen).bench
    bench.k.value = 2
    bench.features.press("use", "age")
    bench.features.press("more", "tenure")
    bench.head.press("fit")
    bench.state.jobs.wait()
    screen.refresh()
    bench.labels.press("en-1", "Half typ")
    again = opened(wb.open_project(walked.folder, role="analyst"))
    assert again.state.banner.key == "insight_clusters.restored"
    sitting = view_of(again).bench
    assert sitting.state.k == 2
    assert "age" not in sitting.state.choice.used
    assert sitting.state.choice.weights == {"tenure": 2.0}
    sitting.head.press("fit")
    sitting.state.jobs.wait()
    again.refresh()
    assert 'value="Half typ"' in sitting.labels.html
    again.title.press("clusters-anew")
    assert view_of(again).state.bench.choice.off == set()
    assert opened(wb.open_project(walked.folder, role="analyst")).state.banner is None


def test_the_bench_fits_by_pressing(screen):
    bench = view_of(screen).bench
    bench.k.value = 2
    assert bench.state.k == 2
    bench.head.press("fit")
    assert bench.state.jobs.wait()
    screen.refresh()
    assert 'name="en-0"' in bench.labels.html
    bench.labels.press("labels", "", {"en-0": "One", "zh-0": "一", "en-1": "Two", "zh-1": "二"})
    bench.labels.press("approve")
    assert set(screen.state.segmentation.segments["segment"]) == {"One", "Two"}
    assert view_of(screen).state.draft() is None
    assert view_of(screen).state.preparation is not None


def test_a_label_that_is_html_is_text(screen):
    bench = view_of(screen).bench
    bench.k.value = 2
    bench.head.press("fit")
    bench.state.jobs.wait()
    bench.labels.press("labels", "", {"en-0": NASTY, "zh-0": NASTY, "en-1": "Two", "zh-1": "二"})
    assert NASTY not in bench.labels.html
    assert "&lt;img" in bench.labels.html
    bench.labels.press("approve")
    for panel in (view_of(screen).sizes, screen.title, screen.figures):
        assert NASTY not in panel.html
    bench.features.press("search", NASTY)
    assert NASTY not in bench.features.html


@pytest.mark.parametrize(
    ("customers", "says"),
    [
        (of_size(0, age=pd.Series(dtype=float)), "insight_room.error.too_few"),
        (of_size(1, age=[30.0]), "insight_room.error.too_few"),
        (of_size(40, age=[30.0] * 40, tenure=[1.0] * 40), "insight_room.error.no_columns"),
    ],
)
def test_nobody_one_customer_and_all_constant_say_so_and_lose_nothing(walked, monkeypatch, customers, says):
    given(walked, monkeypatch, customers)
    state = InsightState(walked)
    before = state.segmentation
    bench = Segmenting(state)
    bench.k = 4
    bench.fit()
    bench.jobs.wait()
    assert state.banner.kind == "error"
    assert state.banner.key == says
    assert state.t(state.banner.key, **state.banner.values)
    assert bench.k == 4
    assert state.segmentation is before


def test_two_thousand_columns_are_listed_in_part_and_called_too_many(walked, monkeypatch):
    values = np.random.default_rng(0).normal(size=(400, 2_000))
    table = pd.DataFrame(values, columns=[f"x{i}" for i in range(2_000)])
    given(walked, monkeypatch, pd.concat([of_size(400), table], axis=1))
    screen = opened(walked)
    html = view_of(screen).bench.features.html
    assert screen.state.banner is None
    assert html.count('data-action="use"') == 60
    assert "2,000 of 2,000 features in use" in html
    assert "features are many for 400 customers" in html


def test_empty_and_infinite_cells_are_filled_and_one_giant_cluster_is_called_so(walked, monkeypatch):
    rng = np.random.default_rng(0)
    age = np.r_[rng.normal(40, 1, 396), [4000.0] * 4]
    tenure = rng.normal(10, 1, 400)
    age[:3], tenure[5:7] = np.nan, np.inf
    given(walked, monkeypatch, of_size(400, age=age, tenure=tenure))
    state = InsightState(walked)
    bench = Segmenting(state)
    bench.k = 2
    bench.fit()
    bench.jobs.wait()
    assert state.banner.key == "insight_clusters.giant"
    assert [row["n"] for row in bench.rows()] == [396, 4]


def test_no_feature_chosen_says_so(bench):
    bench.choice.use(bench.choice.names, on=False)
    bench.fit()
    bench.jobs.wait()
    assert bench.screen.banner.key == "insight_clusters.error.nothing_chosen"


def test_cancel_keeps_the_choices(bench, monkeypatch):
    begun, go = threading.Event(), threading.Event()
    import workbench.insight as room

    def slow(*_, progress, **__):
        begun.set()
        go.wait(5)
        progress(0.5, "insight_room.phase.clusters")
        raise AssertionError("went on after Cancel")

    monkeypatch.setattr(room, "compare_k", slow)
    bench.k = 5
    bench.compare()
    begun.wait(5)
    bench.jobs.cancel()
    go.set()
    bench.jobs.wait()
    assert bench.screen.banner.key == "shell.cancelled"
    assert bench.k == 5


def test_a_reader_sees_what_is_stored_and_no_control(viewed, monkeypatch):
    monkeypatch.setenv("WORKBENCH_PUBLISHED", "1")
    screen = opened(viewed)
    view = view_of(screen)
    assert view.bench is None
    assert "data-action" not in view.treated.html + view.sizes.html + view.k_head.html
    left, _ = view.state.left_out()
    assert dict(left)["tier"] in view.treated.html
    members = screen.state.segmentation.membership["segment"].value_counts()
    for row in view.state.segment_rows():
        assert (
            row["hidden"]
            or row["n"]
            == members[screen.state.segmentation.segments.set_index("cluster").at[row["cluster"], "segment"]]
        )
    screen.top.press("lang", "zh_CN")
    assert "个特征是怎样处理的" in view.treated.html


def test_a_small_segment_is_hidden_and_another_with_it(walked):
    features = build_features(walked.customers())[["age", "tenure"]]
    few = pd.Series(["few"] * 5 + [None] * (len(features) - 5), index=features.index, dtype=object)
    features = features.assign(age=features["age"].where(few.isna(), 900.0))
    walked.insight.approve(Segmenter(3).fit(features, seeds=few), features)
    state = InsightState(walked)
    state.open_section("clusters")
    rows = state.current_section.segment_rows()
    assert sum(row["hidden"] for row in rows) >= 2
    assert all(row["n"] is None for row in rows if row["hidden"])
    assert state.current_section.kpis()[-1].value == "–"


def test_without_a_segmentation_it_says_what_to_do(tmp_path):
    screen = opened(wb.create_project(tmp_path / "new"))
    assert screen.state.t("insight_clusters.title.none") in screen.title.html
    assert screen.state.banner is None
