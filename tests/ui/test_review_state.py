"""The review screen's behaviour, without a view: figures, sentences, decisions, rights."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

import workbench as wb
from workbench.errors import NotAllowed
from workbench.insight import hide_small_cells
from workbench.review import build_funnel, compare_to_plan, state_reason, summarise_kpis, track_uplift
from workbench.ui.state.review import ReviewState
from workbench.ui.state.review_figures import shade


@pytest.fixture
def state(walked) -> ReviewState:
    return ReviewState(walked)


@pytest.fixture
def viewer(viewed) -> ReviewState:
    return ReviewState(viewed)


def with_verdicts(state: ReviewState, *verdicts: str) -> ReviewState:
    """Let the strategies have these verdicts, one after another; the others have none."""
    overall = state.evaluation.overall.copy()
    responses = overall["verdict"].notna()
    wanted = [*verdicts, *[None] * (int(responses.sum()) - len(verdicts))]
    overall.loc[responses, "verdict"] = wanted
    state.evaluation = dataclasses.replace(state.evaluation, overall=overall)
    return state


# Figures -----------------------------------------------------------------------------


def test_key_figures_are_the_evaluations(state):
    shown = {kpi.label: kpi.value for kpi in state.kpis()}
    kpis = state.evaluation.kpis.set_index("kpi")["value"]
    assert len(state.kpis()) == 6
    assert shown["Responded"] == f"{kpis['responded']:,.0f}"
    assert shown["Contacted"] == f"{kpis['contacted_share']:.1%}"


def test_a_filter_recounts_the_key_figures(state):
    channel = state.cards["channel"].iloc[0]
    state.channel = channel
    ids = state.cards.loc[state.cards["channel"] == channel, "strategy_id"]
    overall = state.evaluation.overall
    expected = summarise_kpis(overall[overall["strategy_id"].isin(ids)]).set_index("kpi")["value"]
    assert len(ids) < len(state.cards)
    assert state.figures.kpis()["value"].to_dict() == pytest.approx(expected.to_dict(), nan_ok=True)


def test_effects_are_the_evaluations_largest_first(state):
    rows = state.figures.uplift()
    overall = state.evaluation.overall
    treated = overall[(overall["arm"] == "treatment") & (overall["outcome"] == "responded")]
    assert rows["uplift"].dropna().is_monotonic_decreasing
    assert rows.set_index("strategy_id")["uplift"].to_dict() == pytest.approx(
        treated.set_index("strategy_id")["uplift"].to_dict(), nan_ok=True
    )
    assert len(rows) == len(state.cards)
    state.measure = "amount"
    amounts = overall[(overall["arm"] == "treatment") & (overall["outcome"] == "amount")]
    assert state.figures.uplift()["uplift"].sum() == pytest.approx(amounts["uplift"].sum())


def test_colours_are_the_segments_own(state):
    segments = state.project.insight.segmentation().segments.set_index("segment")["slot"]
    for card in state.cards.itertuples():
        assert state.figures.slots()[card.strategy_id] == segments.get(card.segment, 0)


def test_the_funnel_is_the_rooms(state):
    steps = state.figures.funnel()
    expected = build_funnel(state.targets, state.outcomes, state.cards, contacts=state.contacts)
    pd.testing.assert_series_equal(steps["n"], expected["n"])
    assert steps["kept"].tolist()[0] == ""


def test_days_are_the_tracked_strategys(state):
    state.tracked = str(state.cards["strategy_id"].iloc[1])
    days = track_uplift(state.targets, state.outcomes, state.cards, contacts=state.contacts)
    mine = days[days["strategy_id"] == state.tracked].dropna(subset=["uplift"])
    assert state.figures.daily()["uplift"].tolist() == pytest.approx(mine["uplift"].tolist())
    last = state.evaluation.overall.set_index(["strategy_id", "arm", "outcome"])
    assert state.figures.daily()["uplift"].iloc[-1] == pytest.approx(
        last.loc[(state.tracked, "treatment", "responded"), "uplift"]
    )


def test_the_samples_control_responds_on_any_day(state):
    control = [days["control"] for days in (_days_of(state, i) for i in state.cards["strategy_id"])]
    grown = [share for share in control if share.iloc[-1] > 0]
    assert grown
    assert any(share.iloc[-2] > 0 for share in grown)


def _days_of(state, strategy_id):
    state.tracked = str(strategy_id)
    return state.figures.daily()


def test_small_cells_of_the_plan_are_hidden_and_cant_be_derived(viewer):
    viewer.level = "branch"
    table = viewer.figures.against_plan()
    bare = compare_to_plan(
        viewer.targets, viewer.outcomes, viewer.cards, viewer.parts, "branch", contacts=viewer.contacts
    )
    cells = bare[bare["strategy_id"] != ""].rename(columns={"branch": "part"}).fillna({"part": ""})
    small = set(map(tuple, cells.loc[cells["n"] < 11, ["part", "strategy_id"]].to_numpy()))
    hidden = set(map(tuple, table.loc[table["hidden"], ["part", "strategy_id"]].to_numpy()))
    assert small <= hidden
    both = hide_small_cells(cells[["part", "strategy_id", "n"]], 11, by=("part", "strategy_id"))
    assert set(map(tuple, both.loc[both["hidden"], ["part", "strategy_id"]].to_numpy())) <= hidden
    figures = ["n", "tries", "responded", "rate", "planned", "to_plan"]
    assert table.loc[table["hidden"], figures].isna().all().all()
    for row in viewer.figures.plan_table()["rows"]:
        assert all(cell["value"] is None for cell in row["cells"] if cell["hidden"])


def test_the_plan_is_read_by_the_finest_level_that_is_large_enough(state):
    assert state.levels() == ["branch", "region", "segment"]
    assert state.figures.level() in state.levels()
    state.level = "segment"
    assert set(state.figures.against_plan()["part"]) == set(state.targets["segment"])


@pytest.mark.parametrize(
    ("value", "name"),
    [(0.5, "n3"), (0.85, "n2"), (0.95, "n1"), (1.0, "z"), (1.05, "p1"), (1.15, "p2"), (2, "p3")],
)
def test_shades(value, name):
    assert shade(value) == name


def test_past_campaigns_are_the_historys(state):
    history = state.project.review.history()
    treated = history[(history["arm"] == "treatment") & (history["outcome"] == "responded")]
    assert sorted(state.figures.past()["uplift"]) == pytest.approx(sorted(treated["uplift"]))


def test_what_is_shown_is_what_was_evaluated_even_when_more_came_in(state):
    before = len(state.contacts)
    target = state.targets[state.targets["arm"] == "treatment"].iloc[0]
    state.project.execution.record(target["list_id"], target["customer_id"], disposition="reached")
    state.reload()
    assert state.is_stale
    assert len(state.contacts) == before
    assert len(state.project.execution.contacts()) == before + 1


# Sentences ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdicts", "en", "zh"),
    [
        (["works"] * 3 + ["harms"], "Three strategies worked and one did harm", "3 个策略有效，1 个适得其反"),
        (["works"], "One strategy worked", "1 个策略有效"),
        (["harms", "harms"], "Two strategies did harm", "2 个策略适得其反"),
        (
            ["open", "open"],
            "None of two strategies can be told from zero yet",
            "2 个策略的效果均无法与零区分",
        ),
        (
            ["works", "open", "open"],
            "One strategy worked; two can't be told from zero yet",
            "1 个策略有效；2 个尚无法与零区分",
        ),
        ([], "Nobody on these lists has been contacted yet", "名单上的客户尚未接触"),
    ],
)
def test_the_title_counts_verdicts(state, verdicts, en, zh):
    with_verdicts(state, *verdicts)
    assert state.heading().title == en
    state.lang = "zh_CN"
    assert state.heading().title == zh


def test_one_open_strategy_is_named(state):
    with_verdicts(state, "works", "open")
    rows = state.evaluation.overall
    strategy_id = rows.loc[rows["verdict"] == "open", "strategy_id"].item()
    name = state.cards.set_index("strategy_id").at[strategy_id, "name"]
    assert state.heading().title == f"One strategy worked; {name} can't be told from zero yet"


def test_a_sample_ratio_alarm_comes_before_any_result(state):
    ratio = state.evaluation.sample_ratio.copy()
    ratio.loc[0, ["alarm", "p_value"]] = [True, 1e-6]
    state.evaluation = dataclasses.replace(state.evaluation, sample_ratio=ratio)
    assert "not as they were drawn" in state.heading().title
    assert state.findings.tags()[0] == (
        f"✕ Sample ratio off in {ratio.at[0, 'strategy_id']}, p < 0.001",
        "x",
    )


def test_contacts_of_the_control_are_told_and_a_viewer_is_told_no_small_number(state, viewer):
    for each, text in ((state, "! 3 control customers were contacted"), (viewer, "fewer than 11")):
        overall = each.evaluation.overall.copy()
        at = overall.index[overall["verdict"].notna()][0]
        overall.loc[at, "n_contaminated"] = 3.0
        each.evaluation = dataclasses.replace(each.evaluation, overall=overall)
        assert text in each.findings.tags()[1][0]
        assert each.findings.tags()[1][1] == "w"


def test_no_branch_is_said_to_fail_where_it_is_hidden(state):
    state.level = "branch"
    title, _ = state.findings.plan_title()
    table = state.figures.against_plan()
    for part in table.loc[table["hidden"] & (table["strategy_id"] == ""), "part"]:
        assert not part or part not in title


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_every_filter_leaves_whole_sentences(state, lang):
    state.lang = lang
    seen = set()
    for segment in ["", *sorted(set(state.cards["segment"]))]:
        for channel in ["", *sorted(set(state.cards["channel"]))]:
            state.segment, state.channel = segment, channel
            # What is said is made of the strategies that the filters leave.
            left = tuple(state.shown_cards()["strategy_id"])
            if left in seen:
                continue
            seen.add(left)
            for measure in ("responded", "amount"):
                state.measure = measure
                said = [state.heading().title, state.heading().subtitle]
                said += [part for f in ("uplift", "funnel", "plan", "daily", "past")
                         for part in getattr(state.findings, f"{f}_title")()]  # fmt: skip
                said += [kpi.value + kpi.note for kpi in state.kpis()]
                assert not any("nan" in part or "{" in part or "None " in part[1:] for part in said)
    assert () in seen
    assert len(seen) > len(set(state.cards["segment"]))


# Decisions ---------------------------------------------------------------------------


def test_recommendations_say_their_reason(state):
    rows = {row["id"]: row for row in state.decisions.rows()}
    for row in state.project.review.recommendations().to_dict("records"):
        assert rows[row["recommendation_id"]]["reason"] == state_reason(row)
        assert rows[row["recommendation_id"]]["may_decide"]
    assert state.decisions.n_open() == len(rows) > 0


def test_the_cycle_closes_only_when_all_is_decided(state):
    close = state.heading().buttons[-1]
    assert close.action == "close"
    assert "to decide" in close.label
    assert close.blocked
    state.guard(state.close_cycle)
    assert state.banner.key == "review.close_first"
    assert state.project.cycle.state == "open"
    for row in state.decisions.rows():
        state.reject(row["id"], "No budget.")
    assert state.heading().buttons[-1].primary
    state.close_cycle()
    assert state.project.cycle.state == "closed"
    assert [button.action for button in state.heading().buttons] == ["pack", "comments"]


def test_what_is_accepted_opens_the_next_cycle(state):
    assert state.next_cycle() is None
    first, second = state.decisions.rows()[:2]
    state.accept(first["id"])
    assert state.banner.key == "review.accepted"
    cycle, address = state.next_cycle()
    assert cycle == state.project.cycles()[-1].cycle_id == "2026 Q4"
    assert address.endswith("01_insight.ipynb")
    assert state.decisions.n_all() - state.decisions.n_open() == 1
    state.reject(second["id"], "Later.")
    shown = {row["id"]: row for row in state.decisions.rows()}
    assert (shown[first["id"]]["status"], shown[second["id"]]["status"]) == ("accepted", "rejected")
    assert shown[second["id"]]["why"] == "Later."
    assert not shown[first["id"]]["may_decide"]


def test_a_rejection_needs_a_reason(state):
    row = state.decisions.rows()[0]
    state.guard(state.reject, row["id"], "  ")
    assert state.banner.kind == "error"
    assert state.decisions.n_open() == state.decisions.n_all()


def test_who_comes_second_is_told_what_was_decided(state, walked):
    row = state.decisions.rows()[0]
    wb.open_project(walked.folder).review.reject(row["id"], "Meanwhile.")
    state.guard(state.accept, row["id"])
    assert state.banner.kind == "error"
    shown = {each["id"]: each for each in state.decisions.rows()}
    assert shown[row["id"]]["why"] == "Meanwhile."


def test_an_unknown_recommendation_is_refused(state):
    state.guard(state.accept, "2026 Q3 S99")
    assert state.banner.key == "store.error.no_recommendation"


def test_evaluating_again_takes_in_what_came(state):
    target = state.targets[state.targets["arm"] == "treatment"].iloc[0]
    state.project.execution.record(
        target["list_id"], target["customer_id"], disposition="reached", responded=True, amount=10.0
    )
    version = state.evaluation.version
    state.reload()
    state.evaluate()
    assert state.jobs.wait()
    assert state.banner.key == "review.evaluated"
    assert state.evaluation.version == version + 1
    assert not state.is_stale


# Rights ------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["viewer", "contributor"])
def test_who_only_reads_gets_no_button_that_writes(walked, role):
    state = ReviewState(wb.open_project(walked.folder, role=role))
    assert [button.action for button in state.heading().buttons] == ["pack", "comments"]
    assert not any(row["may_decide"] for row in state.decisions.rows())
    for row in state.decisions.rows()[:1]:
        with pytest.raises(NotAllowed):
            state.accept(row["id"])
        with pytest.raises(NotAllowed):
            state.reject(row["id"], "Because.")
    assert not state.hints


def test_a_viewer_is_told_no_effect_of_a_small_arm(state, viewer):
    rows = state.evaluation.overall
    treated = rows[rows["outcome"].eq("responded")]
    n = treated.groupby("strategy_id")["n"].min()
    small = set(n.index[n < state.project.settings.small_cell])
    assert small
    for each in (state, viewer):
        drawn = each.figures.uplift().set_index("strategy_id")
        hidden = set(drawn.index[drawn["figures"] == "hidden"])
        assert hidden == (small & set(drawn.index) if each is viewer else set())
        assert drawn.loc[sorted(hidden), ["uplift", "ci_low", "ci_high"]].isna().all(axis=None)
    # Counts that are too small are words in the sentences too, and never a gap.
    reasons = " ".join(row["reason"] for row in viewer.decisions.rows())
    assert "–" not in reasons
    assert "fewer than 11" in reasons


def test_a_viewer_sees_no_small_count(viewer):
    minimum = viewer.project.settings.small_cell
    for segment in sorted(set(viewer.cards["segment"])):
        viewer.segment = segment
        shown = viewer.figures.funnel()
        assert not ((shown["n"] > 0) & (shown["n"] < minimum)).any()
    for row in viewer.advice.to_dict("records"):
        known = viewer.decisions._evidence(row)
        assert not any(name.startswith("n_") and 0 < known[name] < minimum for name in known)


# Projects that lack something ----------------------------------------------------------


def test_a_project_without_anything_says_what_to_do(tmp_path):
    state = ReviewState(wb.create_project(tmp_path / "empty"))
    assert state.banner is None
    assert state.heading().title == "Nothing is evaluated in this cycle yet"
    assert "launch one in Strategy" in state.heading().subtitle
    assert state.kpis() == []
    assert state.figures.past().empty


def test_a_project_without_regions_is_read_by_segment(state):
    state.parts = state.parts[["customer_id"]]
    assert state.levels() == ["segment"]
    assert state.figures.level() == "segment"
    assert state.findings.plan_title()[0]


def test_a_cycle_that_was_only_opened_shows_past_campaigns(state):
    state.accept(state.decisions.rows()[0]["id"])
    state.choose_cycle("2026 Q4")
    assert state.evaluation is None
    assert state.heading().title == "Nothing is evaluated in this cycle yet"
    assert "What cycle 2026 Q3 brought" in state.heading().subtitle
    assert len(state.figures.past()) == 2


def test_names_that_nobody_edited_follow_the_language(walked):
    state = ReviewState(walked)
    english = dict(zip(state.cards["strategy_id"], state.cards["name"], strict=True))
    state.lang = "zh_CN"
    chinese = dict(zip(state.cards["strategy_id"], state.cards["name"], strict=True))
    assert english.keys() == chinese.keys()
    assert all(english[key] != chinese[key] for key in english)
    assert all(name not in str(state.heading()) for name in english.values())
    state.lang = "en"
    assert dict(zip(state.cards["strategy_id"], state.cards["name"], strict=True)) == english
