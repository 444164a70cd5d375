"""Labels follow their segments into a new fit, doubt is asked, and rules can seed clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.insight import build_features
from workbench.ui.screens.insight import InsightScreen
from workbench.ui.state.insight import InsightState
from workbench.ui.state.sections import clusters_fit
from workbench.ui.state.sections.clusters_fit import fit_clusters
from workbench.ui.state.segmenting import Segmenting


def quietly(_share, _phase):
    """Nobody listens."""


@pytest.fixture(scope="module")
def project(walked_folder, tmp_path_factory):
    import shutil

    folder = tmp_path_factory.mktemp("fit") / "walked"
    shutil.copytree(walked_folder, folder)
    return wb.open_project(folder, role="analyst")


@pytest.fixture(scope="module")
def features(project):
    return build_features(project.customers())


def test_the_same_clusters_keep_their_names_colours_and_chinese(project, features):
    now = project.insight.segmentation()
    k = len(now.segments)
    fitted = fit_clusters(project, features, {"n_clusters": k}, quietly)
    members = now.membership.set_index("customer_id")["segment"].reindex(features.index)
    for cluster, name in fitted.followed.items():
        # The label that followed is the one most of the cluster's customers had.
        assert members[fitted.segmenter.labels_ == cluster].mode()[0] == name
        known = now.segments.set_index("segment").loc[name]
        assert fitted.labels[cluster].segment == name
        assert fitted.labels[cluster].segment_zh == known["segment_zh"]
    assert len(fitted.followed) >= k // 2
    names = [label.segment for label in fitted.labels.values()]
    assert len(set(names)) == len(names)


def test_doubt_is_asked_and_a_name_is_not_taken_twice(project, features, monkeypatch):
    def matched(segmenter, frame):
        return pd.DataFrame(
            {
                "cluster": [0, 1],
                "label": ["Elsewhere", "Elsewhere"],
                "decision": ["carry", "ask"],
                "candidates": [[("Elsewhere", 0.9)], [("Elsewhere", 0.5), ("Other", 0.45)]],
            }
        )

    suggested = dict(wb.suggest_labels(wb.profile_clusters(features, np.arange(len(features)) % 2)))
    suggested[1] = clusters_fit.replace(suggested[1], segment="Elsewhere", segment_zh="别处")
    monkeypatch.setattr(project.insight, "suggest_carried_labels", matched, raising=False)
    monkeypatch.setattr("workbench.insight.suggest_labels", lambda _profile: dict(suggested))
    fitted = fit_clusters(project, features, {"n_clusters": 2}, quietly)
    assert fitted.followed == {0: "Elsewhere"}
    assert fitted.doubts == {1: ("Elsewhere", "Other")}
    assert fitted.labels[1].segment == "Elsewhere 2"


def test_clusters_begin_at_the_segments_of_the_rules(project, features):
    rules = project.insight.rules.current()
    k = len(rules.segments) + 1
    fitted = fit_clusters(project, features, {"n_clusters": k}, quietly, from_rules=True)
    seeds = wb.seed_with_rules(features, project.customers(), rules)
    assert set(fitted.segmenter.seeded_) == set(seeds.index)
    plain = wb.Segmenter(n_clusters=k).fit(features, seeds=seeds)
    assert np.array_equal(fitted.segmenter.labels_, plain.labels_)


def test_without_rules_there_is_nothing_to_begin_at(project, features, monkeypatch):
    monkeypatch.setattr(type(project.insight.rules), "current", lambda self: None)
    with pytest.raises(ParameterProblem, match="Save a rule set"):
        fit_clusters(project, features, {"n_clusters": 3}, quietly, from_rules=True)


def test_the_bench_offers_the_rules_where_they_can_be_used(project):
    screen = InsightScreen(InsightState(project, section="clusters"))
    screen.state.jobs.wait()
    screen.refresh()
    bench: Segmenting = screen.state.current_section.bench
    view = screen._sections["clusters"].bench
    view.head.press("from_rules")
    assert bench.begins_at_rules
    assert "seeds=wb.seed_with_rules(" in bench.python()
    assert bench.content()["from_rules"] is True
    bench.algorithm = "gaussian_mixture"
    assert not bench.begins_at_rules
    assert "bench-from-rules" not in view.head.html
    bench.algorithm = "kmeans"
    bench.k = 12
    bench.fit()
    assert bench.jobs.wait()
    screen.refresh()
    assert bench.segmenter.seeded_
    assert any(row["note"] for row in bench.rows())
