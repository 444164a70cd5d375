"""The loop closes: what a review accepts is what the next cycle starts from."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from workbench import locale
from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.project import Project
from workbench.project.demo import _quarter_before
from workbench.tables import (
    CONTACTS,
    EVALUATION,
    MEMBERSHIP,
    OUTCOMES,
    RECOMMENDATIONS,
    SCORES,
    SEGMENTS,
    STRATEGIES,
    TARGETS,
)


def test_the_walk_leaves_one_cycle_decided_and_one_open(walked: Project) -> None:
    assert [c.cycle_id for c in walked.cycles()] == ["2026 Q2", "2026 Q3"]
    assert walked.cycle.snapshot_date == dt.date(2026, 9, 30)
    assert walked.cycle.opened_from == "2026 Q2"
    first = walked.at("2026 Q2")
    assert first.cycle.snapshot_date == dt.date(2026, 6, 30)
    assert first.status()["state"].tolist() == ["done"] * 4
    assert walked.status()["state"].tolist() == ["done", "done", "done", "current"]
    assert set(first.review.recommendations()["status"]) == {"accepted"}
    assert set(walked.review.recommendations()["status"]) == {"open"}


def test_everything_read_is_the_table_it_says(walked: Project) -> None:
    segmentation = walked.insight.segmentation()
    SEGMENTS.check(segmentation.segments)
    MEMBERSHIP.check(segmentation.membership)
    STRATEGIES.check(walked.strategy.cards())
    STRATEGIES.check(walked.strategy.launched_cards())
    SCORES.check(walked.strategy.scores())
    TARGETS.check(walked.strategy.targets())
    CONTACTS.check(walked.execution.contacts())
    OUTCOMES.check(walked.execution.outcomes())
    EVALUATION.check(walked.review.evaluation().overall)
    RECOMMENDATIONS.check(walked.review.recommendations())


def test_a_snapshot_uses_nothing_later(walked: Project) -> None:
    early = walked.at("2026 Q2").customers(["customer_id", "snapshot_date"])
    late = walked.customers(["customer_id", "snapshot_date"])
    assert set(early["snapshot_date"]) == {pd.Timestamp("2026-06-30")}
    assert len(early) < len(late)


def test_from_a_raw_file_to_an_accepted_recommendation_and_the_next_cycle(walked: Project) -> None:
    lineage = walked.lineage()
    raw = walked.imports.report().files["sha256"].iloc[0]
    accepted = walked.at("2026 Q2").review.recommendations()["recommendation_id"].iloc[0]
    path = lineage.path(f"raw:{raw}", f"recommendation:{accepted}")
    assert path is not None
    kinds = [node.partition(":")[0] if ":" in node else node.partition("/")[0] for node in path]
    assert kinds == [
        "raw",
        "import",
        "portrait",
        "scores",
        "target_list",
        "results",
        "outcomes",
        "evaluation",
        "recommendation",
    ]
    assert lineage.path(f"recommendation:{accepted}", "cycle:2026 Q3") is not None
    segmentation = walked.at("2026 Q2").insight.segmentation()
    assert lineage.path(f"raw:{raw}", segmentation.artefact_id) is not None
    assert lineage.path(segmentation.artefact_id, f"recommendation:{accepted}") is not None
    text = str(lineage)
    assert f"{raw[:4]}…{raw[-4:]}" in text
    assert f"Recommendation {accepted}" in text
    assert "(accepted)" in text
    assert "客群划分 v1 · 2026 Q2" in lineage.text("zh_CN")
    frame = lineage.frame()
    assert {"source", "target", "source_kind", "target_sha256"} <= set(frame.columns)
    assert frame["source_sha256"].eq(raw).any()


def test_the_next_cycle_starts_with_the_accepted_changes(walked: Project) -> None:
    first = walked.at("2026 Q2")
    before = first.strategy.cards().set_index("strategy_id")
    after = walked.strategy.cards().set_index("strategy_id")
    for row in first.review.recommendations().to_dict("records"):
        change = json.loads(row["change"])
        if change.get("stop"):
            assert row["strategy_id"] not in after.index
        else:
            assert row["strategy_id"] in after.index
        if "capacity_factor" in change:
            assert after.loc[row["strategy_id"], "capacity_factor"] == change["capacity_factor"]
    assert (after["starts_on"] >= pd.Timestamp("2026-09-30")).all()
    shared = after.index.intersection(before.index)
    length = after.loc[shared, "ends_on"] - after.loc[shared, "starts_on"]
    assert (length == before.loc[shared, "ends_on"] - before.loc[shared, "starts_on"]).all()


def test_a_cycle_says_what_opened_it(walked: Project) -> None:
    origin = walked.origin()
    assert origin is not None
    sentence = locale.text(origin["key"], "en", **origin["values"])
    n = len(walked.at("2026 Q2").review.recommendations())
    assert sentence.startswith(f"Opened from 2026 Q2 with {n} accepted recommendations: ")
    assert walked.at("2026 Q2").origin() is None


def test_colours_follow_the_labels_into_the_next_cycle(walked: Project) -> None:
    first = walked.at("2026 Q2").insight.segmentation().segments.set_index("segment")["slot"]
    second = walked.insight.segmentation().segments.set_index("segment")["slot"]
    shared = first.index.intersection(second.index)
    assert len(shared)
    assert first[shared].tolist() == second[shared].tolist()
    assert walked.insight.slots() == second.to_dict()


def test_the_control_is_never_worked(walked: Project) -> None:
    targets = walked.strategy.targets()
    control = set(targets.loc[targets["arm"].eq("control"), "customer_id"])
    assert control
    assert not control & set(walked.execution.worklist("2026-11-01")["customer_id"])
    assert not control & set(walked.execution.contacts()["customer_id"])


def test_lists_are_what_was_launched(walked: Project) -> None:
    lists = walked.strategy.lists()
    for row in lists.to_dict("records"):
        targets = walked.strategy.targets(row["list_id"])
        assert len(targets) == row["n"]
        assert int(targets["arm"].eq("control").sum()) == row["n_control"]
    everyone = walked.strategy.targets()
    assert everyone["customer_id"].is_unique
    assert walked.strategy.funnel()["gate"].tolist()[0] == "segment"
    with pytest.raises(NotFound):
        walked.strategy.targets("L99")


def test_the_same_approval_is_the_same_version(copied: Project) -> None:
    now = copied.insight.segmentation()
    features = wb.build_features(copied.customers())
    segmenter = wb.Segmenter.from_json(json.dumps(now.model))
    labels = now.segments.set_index("cluster").drop(columns=["slot", "n"]).to_dict("index")
    first = copied.insight.approve(segmenter, features, labels=labels)
    again = copied.insight.approve(segmenter, features, labels=labels)
    assert first.version == again.version == now.version + 1


def test_relabelling_makes_a_version_and_keeps_the_colour(copied: Project) -> None:
    before = copied.insight.segmentation()
    cluster = int(before.segments["cluster"].iloc[0])
    slot = int(before.segments["slot"].iloc[0])
    after = copied.insight.relabel(cluster, "Golden years", segment_zh="金色年华")
    assert after.version == before.version + 1
    row = after.segments.set_index("cluster").loc[cluster]
    assert (row["segment"], row["segment_zh"], row["slot"]) == ("Golden years", "金色年华", slot)
    assert (after.membership["segment"] == "Golden years").sum() == row["n"]
    assert after.membership["cluster"].tolist() == before.membership["cluster"].tolist()
    with pytest.raises(ParameterProblem, match="Two clusters"):
        copied.insight.relabel(cluster, str(before.segments["segment"].iloc[1]))
    with pytest.raises(ParameterProblem, match="no cluster 99"):
        copied.insight.relabel(99, "x")
    with pytest.raises(Conflict) as caught:
        copied.insight.relabel(cluster, "Mine", expected_version=before.version)
    assert caught.value.difference["segment"] == ("Mine", "Golden years")
    assert copied.insight.versions()["version"].tolist()[-1] == after.version


def test_what_came_later_is_shown_as_stale(copied: Project) -> None:
    cluster = int(copied.insight.segmentation().segments["cluster"].iloc[0])
    new = copied.insight.relabel(cluster, "Renamed")
    status = copied.status().set_index("stage")
    assert status.loc["strategy", "state"] == "stale"
    assert status.loc["strategy", "detail_key"] == "project.status.stale_segmentation"
    values = status.loc["strategy", "detail_values"]
    assert values == {"used": new.version - 1, "approved": new.version}


def test_new_outcomes_make_the_evaluation_stale_and_evaluating_mends_it(copied: Project) -> None:
    work = copied.execution.worklist("2026-11-01")
    row = work[work["status"].ne("done")].iloc[0]
    copied.execution.record(
        row["list_id"], row["customer_id"], disposition="reached", responded=True, amount=5_000.0
    )
    assert copied.status().set_index("stage").loc["review", "state"] == "stale"
    before = copied.review.evaluation().version
    after = copied.review.evaluate()
    assert after.version == before + 1
    assert copied.review.evaluate().version == after.version
    assert copied.status().set_index("stage").loc["review", "state"] == "current"


def test_recording_needs_a_listed_customer_of_the_treatment(copied: Project) -> None:
    targets = copied.strategy.targets()
    control = targets[targets["arm"].eq("control")].iloc[0]
    with pytest.raises(ParameterProblem, match="must not be contacted"):
        copied.execution.record(control["list_id"], control["customer_id"], disposition="reached")
    with pytest.raises(NotFound, match="not on list"):
        copied.execution.record(control["list_id"], "nobody", disposition="reached")
    with pytest.raises(ParameterProblem):
        copied.execution.record(control["list_id"], control["customer_id"], disposition="smiled")


def test_a_contributor_records_and_does_nothing_else(copied: Project) -> None:
    contributor = wb.open_project(copied.folder, role="contributor")
    targets = contributor.strategy.targets()
    row = targets[targets["arm"].eq("treatment")].iloc[0]
    contributor.execution.record(row["list_id"], row["customer_id"], disposition="reached", responded=False)
    idea = contributor.strategy.add_idea("Salary-day offers")
    assert contributor.strategy.vote(idea)
    assert contributor.strategy.ideas()["votes"].tolist() == [1]
    with pytest.raises(NotAllowed):
        contributor.review.reject("2026 Q3 S1", "no")
    with pytest.raises(NotAllowed):
        contributor.strategy.save(contributor.strategy.cards())
    with pytest.raises(NotAllowed):
        contributor.close_cycle()


def test_the_same_outcomes_file_changes_nothing(copied: Project) -> None:
    path = next((copied.inbox / "outcomes").glob("*Q3.csv"))
    before = copied.execution.outcomes()
    report = copied.execution.import_outcomes(path, today="2027-01-31")
    assert (report.loaded, report.contacts) == (0, 0)
    assert report.repeated == report.rows_read == len(before)
    pd.testing.assert_frame_equal(copied.execution.outcomes(), before)


def test_outcomes_of_strangers_are_quarantined(copied: Project) -> None:
    list_id = str(copied.strategy.lists()["list_id"].iloc[0])
    rows = pd.DataFrame(
        {"list_id": [list_id], "customer_id": ["nobody"], "responded": ["yes"], "recorded_at": ["2026-11-01"]}
    )
    report = copied.execution.import_outcomes(rows, today="2026-12-01")
    assert report.loaded == 0
    assert report.quarantined["cause"].tolist() == ["unknown_customer"]


def test_launching_twice_is_launching_once(copied: Project) -> None:
    members = copied.insight.segmentation().membership
    selection = wb.select_targets(
        copied.strategy.scores(),
        copied.strategy.cards(),
        copied.customers(),
        members,
        capacity=20,
        random_state=3,
    )
    with pytest.raises(ParameterProblem, match="on the launched list"):
        copied.strategy.launch(selection)
    fresh = copied.open_cycle("Spring", "2026-09-30")
    fresh.strategy.save(copied.strategy.cards())
    first = fresh.strategy.launch(selection)
    assert first == fresh.strategy.launch(selection)
    assert sum(made.n for made in first) == 20
    assert {made.seed for made in first} == {3}


def test_cards_are_edited_against_their_version(copied: Project) -> None:
    card = copied.strategy.card(str(copied.strategy.cards()["strategy_id"].iloc[0]))
    version = card["row_version"]
    assert copied.strategy.save_card({**card, "name": "Hers"}, version) == version + 1
    with pytest.raises(Conflict) as caught:
        copied.strategy.save_card({**card, "name": "Mine"}, version)
    assert caught.value.difference["name"] == ("Mine", "Hers")
    assert set(caught.value.difference) == {"name"}
    with pytest.raises(NotFound, match="no strategy S99"):
        copied.strategy.card("S99")


def test_decisions(copied: Project) -> None:
    open_ones = copied.review.recommendations()["recommendation_id"].tolist()
    with pytest.raises(ParameterProblem, match="needs a reason"):
        copied.review.reject(open_ones[0], "  ")
    copied.review.reject(open_ones[0], "Branches have no time")
    assert copied.review.accept(open_ones[1], "Good") == "2026 Q4"
    decided = copied.review.recommendations().set_index("recommendation_id")
    assert decided.loc[open_ones[0], "status"] == "rejected"
    assert decided.loc[open_ones[1], "decision_reason"] == "Good"
    # The data end with this quarter, so the next cycle looks from the same day.
    following = copied.at("2026 Q4")
    assert following.cycle.snapshot_date == dt.date(2026, 9, 30)
    assert copied.cycle.cycle_id == "2026 Q3"
    with pytest.raises(Conflict, match="already accepted"):
        copied.review.accept(open_ones[1])


def test_a_later_acceptance_keeps_what_was_edited_in_the_next_cycle(copied: Project) -> None:
    ids = copied.review.recommendations()["recommendation_id"].tolist()
    copied.review.accept(ids[0])
    following = copied.at("2026 Q4")
    card = following.strategy.card(str(following.strategy.cards()["strategy_id"].iloc[-1]))
    following.strategy.save_card({**card, "name": "Edited"}, card["row_version"])
    copied.review.accept(ids[1])
    assert "Edited" in set(following.strategy.cards()["name"]) or json.loads(
        copied.review.recommendations().set_index("recommendation_id").loc[ids[1], "change"]
    ).get("stop")
    assert following.strategy.cards()["starts_on"].nunique() == 1


def test_the_past_campaigns_are_evaluated(walked: Project) -> None:
    history = walked.review.history()
    assert set(history["arm"]) == {"treatment", "control"}
    assert "segment" in walked.review.history("segment")
    assert "region" in walked.review.history("region")


def test_the_kpis_know_the_cycle_before(walked: Project) -> None:
    kpis = walked.review.evaluation().kpis.set_index("kpi")
    before = walked.at("2026 Q2").review.evaluation().kpis.set_index("kpi")
    assert kpis.loc["responded", "previous"] == before.loc["responded", "value"]


def test_footers_rest_on_artefacts(walked: Project) -> None:
    insight = walked.footer("insight")
    segmentation = walked.insight.segmentation()
    assert insight["sha256"] == segmentation.sha256
    assert insight["n"] == segmentation.n
    assert insight["data_date"] == dt.date(2026, 9, 30)
    assert insight["versions"]["segmentation"] == segmentation.version
    assert walked.footer("strategy")["versions"]["plan"] == walked.strategy.plan().version
    assert walked.footer("review")["versions"] == {"evaluation": walked.review.evaluation().version}
    assert walked.footer("execution")["n"] == len(walked.strategy.targets())


def test_the_plan_is_what_was_approved(walked: Project) -> None:
    plan = walked.strategy.plan()
    assert plan.segmentation_version == walked.insight.segmentation().version
    assert set(plan.summary["strategy_id"]) == set(walked.strategy.cards()["strategy_id"])
    assert plan.n == len(walked.strategy.scores())
    assert "lifecycle_stage" in plan.map


def test_a_walk_without_the_sample_bank_ends_with_lists(people: Path, tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "a")
    project.import_files(people, snapshot_date="2026-09-30")
    told: list[tuple[float, str]] = []
    project.walk(
        k=3,
        k_range=range(2, 4),
        embedding=None,
        sample_size=200,
        progress=lambda share, phase: told.append((share, phase)),
    )
    assert len(project.insight.segmentation().segments) == 3
    assert len(project.strategy.lists())
    assert project.status()["state"].tolist() == ["done", "done", "current", "not_started"]
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert told[-1] == (1.0, "project.phase.done")


def test_the_stored_comparison_recommends_what_the_fresh_one_did(people: Path, tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "a")
    project.import_files(people, snapshot_date="2026-09-30")
    features = wb.build_features(project.customers())
    comparison = wb.compare_k(features, range(2, 5), n_bootstrap=2, n_references=2)
    embedding = wb.embed(features, method="pca", sample_size=100)
    segmenter = wb.Segmenter(n_clusters=3).fit(features)
    approved = project.insight.approve(
        segmenter, features, comparison=comparison, embedding=embedding, note="Three suffice"
    )
    read = wb.open_project(tmp_path / "a", role="viewer").insight.segmentation()
    assert read.comparison is not None
    assert wb.recommend_k(read.comparison) == wb.recommend_k(comparison)
    info = read.embedding_info or {}
    assert {name: info[name] for name in ("method", "trustworthiness", "n_sample", "n_total")} == {
        "method": "pca",
        "trustworthiness": embedding.trustworthiness,
        "n_sample": 100,
        "n_total": 300,
    }
    assert (read.note, read.version, read.sha256) == ("Three suffice", 1, approved.sha256)
    again = wb.Segmenter.from_json(json.dumps(read.model))
    assert again.predict(features).tolist() == segmenter.labels_.tolist()


def test_labels_must_be_given_and_differ(people: Path, tmp_path: Path) -> None:
    project = wb.create_project(tmp_path / "a")
    project.import_files(people, snapshot_date="2026-09-30")
    features = wb.build_features(project.customers())
    segmenter = wb.Segmenter(n_clusters=2).fit(features)
    with pytest.raises(ParameterProblem, match="Cluster 1 has no label"):
        project.insight.approve(segmenter, features, labels={0: "One"})
    with pytest.raises(ParameterProblem, match="Two clusters"):
        project.insight.approve(segmenter, features, labels={0: "One", 1: " One "})
    approved = project.insight.approve(segmenter, features, labels={0: "One", 1: {"segment": "Two"}})
    assert set(approved.segments["segment"]) == {"One", "Two"}


def test_the_quarter_before() -> None:
    assert _quarter_before(dt.date(2026, 12, 31)) == dt.date(2026, 9, 30)
    assert _quarter_before(dt.date(2026, 3, 31)) == dt.date(2025, 12, 31)
    assert _quarter_before(dt.date(2026, 8, 1)) == dt.date(2026, 3, 31)


def test_the_audit_log_names_every_decision(walked: Project) -> None:
    actions = walked.audit_log()["action"]
    assert {
        "cycle.open",
        "artefact.save",
        "list.launch",
        "outcomes.import",
        "recommendation.accepted",
    } <= set(actions)
