"""The strategy screen's behaviour, without a browser."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench as wb
from workbench import locale
from workbench.errors import NotAllowed, ParameterProblem
from workbench.strategy import build_strategy_map, score_strategies, summarise_map, total_value
from workbench.ui.state.strategy import StrategyState

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def state(walked):
    return StrategyState(walked)


@pytest.fixture
def unlaunched(walked):
    """A cycle with a plan and a model, and no list yet."""
    project = walked.open_cycle("2027 Q1", walked.cycle.snapshot_date)
    before = walked.insight.segmentation()
    customers = project.customers()
    features = wb.build_features(customers)
    segmenter = wb.Segmenter(n_clusters=3).fit(features)
    project.insight.approve(segmenter, features, labels={0: "Young", 1: "Old", 2: HOSTILE})
    assert project.insight.segmentation().version > before.version
    project.strategy.save(
        wb.suggest_strategies(
            customers, project.insight.segmentation().membership, starts_on="2027-01-11", control_share=0.2
        ).assign(name=HOSTILE)
    )
    cards, members = project.strategy.cards(), project.insight.segmentation().membership
    model = wb.Propensity().fit(customers, project.table("campaign_history"))
    models = dict.fromkeys(cards["strategy_id"], model)
    weights = {"expected_value": 0.5, "cost": 0.5}
    project.strategy.save_scores(
        wb.score_customers(customers, members, cards, models, weights),
        weights,
        wb.build_criteria(cards, customers, members, models),
        models,
    )
    return project


@pytest.fixture
def people(tmp_path):
    """A bank that knows its customers' age and balance, and nothing else."""
    folder = tmp_path / "people"
    folder.mkdir()
    rows = [f"{i},P,{25 + i % 50},{1000 * (i % 7) + 400 * (i % 50)}.50" for i in range(1, 301)]
    (folder / "people.csv").write_text("\n".join(["id,type,age,balance", *rows]), encoding="utf-8")
    (folder / "mapping.toml").write_text(
        '[[file]]\npattern = "people.csv"\ntable = "customers"\n[file.columns]\n'
        'customer_id = { from = "id", pad = 6 }\n'
        'kind = { from = "type", codes = { P = "retail", C = "corporate" } }\n'
        'age = "age"\nbalance_total = { from = "balance", type = "number" }\n',
        encoding="utf-8",
    )
    return folder


# Figures ----------------------------------------------------------------------------


def test_the_strip_agrees_with_the_lists_and_the_map(state):
    targets = state.project.strategy.targets()
    kpis = {kpi.label: kpi for kpi in state.kpis()}
    listed = kpis[state.t("strategy.kpi.listed")]
    assert listed.exact == f"{len(targets):,}"
    control = targets["arm"].eq("control").mean()
    assert locale.percent(control, places=0) in listed.note
    cards = state.project.strategy.launched_cards().set_index("strategy_id")
    treated = targets[targets["arm"].eq("treatment")]
    cost = treated["strategy_id"].map(cards["cost_per_contact"]).sum()
    assert kpis[state.t("strategy.kpi.cost")].exact == f"CNY {cost:,.0f}"
    members = state.segmentation.membership
    known = summarise_map(build_strategy_map(state.project.customers(), members, state.cards))
    assert kpis[state.t("strategy.kpi.gaps")].value == str(known["n_gaps"])
    assert kpis[state.t("strategy.kpi.clashes")].value == str(known["n_clashes"])


def test_the_title_says_what_the_lists_promise(state):
    total = total_value(state.findings.valued())
    title = state.heading().title
    if total["expected_value_low"] > 0:
        assert locale.money(total["expected_value"]) in title
    else:
        assert locale.money(total["expected_value_low"]) in title
    assert locale.count(len(state.priced)) in title


def test_small_cells_are_hidden_and_can_not_be_chosen(state):
    cells = state.cells().set_index(["segment", "lifecycle_stage"])["n"]
    hidden = 0
    for row in state.tables.map_rows():
        for cell in row["cells"]:
            n = cells[cell["segment"], cell["stage"]]
            if 0 < n < state.project.small_cell:
                assert cell["hidden"]
            if cell["hidden"]:
                hidden += 1
                assert cell["n"] is None
                assert cell["balance"] is None
                state.choose_cell(cell["key"])
                assert state.cell == ""
            else:
                assert cell["n"] == n
    assert hidden


def shown_cell(state):
    return next(
        cell for row in state.tables.map_rows() for cell in row["cells"] if not cell["hidden"] and cell["ids"]
    )


def test_a_cell_opens_its_strategies_and_customers(state):
    cell = shown_cell(state)
    state.choose_cell(cell["key"])
    drill = state.tables.drill()
    assert [row["id"] for row in drill["strategies"]] == cell["ids"]
    assert drill["n"] == cell["n"]
    assert drill["members"]
    assert all("****" in member["id"] for member in drill["members"])
    state.choose_cell(cell["key"])
    assert state.tables.drill() is None
    state.choose_cell("0:nowhere")
    assert state.cell == ""


def test_a_viewer_sees_no_single_customer(viewed):
    state = StrategyState(viewed)
    state.choose_cell(shown_cell(state)["key"])
    assert state.tables.drill()["members"] == []


# What if ----------------------------------------------------------------------------


def test_weights_change_the_ranking_and_not_the_plan(state):
    before, revision = state.project.strategy.plan().sha256, state.revision
    state.weigh("expected_value", "0")
    state.weigh("cost", "1.0")
    wanted = score_strategies(state.plan.criteria, state.weights)
    assert state.ranking()["strategy_id"].tolist() == wanted["strategy_id"].tolist()
    assert state.weights["expected_value"] == 0.0
    assert state.is_what_if
    assert state.moved == 2
    assert state.revision == revision
    assert state.project.strategy.plan().sha256 == before
    name = state.tables.names()[wanted["strategy_id"].iloc[0]]
    title, _ = state.findings.ranking_title()
    assert name in title
    assert locale.percent(wanted["rank_stability"].iloc[0], places=0) in title
    assert title != state.t("strategy.ranking.title", strategy=name, share="")
    state.reset()
    assert not state.is_what_if
    assert state.weights == pytest.approx(state.plan.weights)


def test_what_a_page_sends_is_not_trusted(state):
    before = dict(state.weights)
    for criterion, value in (("expected_value", "x"), ("nothing", "0.5"), ("cost", "nan")):
        state.weigh(criterion, value)
    assert state.weights == before
    state.weigh("cost", "7")
    assert state.weights["cost"] == 1.0
    state.limit("-3")
    state.limit("many")
    assert state.capacity is None
    first, *others = state.weights
    for criterion in others:
        state.weigh(criterion, "0")
    with pytest.raises(ParameterProblem):
        state.weigh(first, "0")
    assert any(state.weights.values())


def test_the_slider_of_places_fills_the_lists_by_score(state):
    places = len(state.priced) // 3
    state.limit(str(places))
    assert state.tables.gates()["n"].iloc[-1] == places
    assert state.listed()["n"].sum() == places
    assert f"{places:,}" in state.findings.trace_title()[0]
    assert state.tables.gates()["lost_n"].iloc[-1] == len(state.priced) - places
    state.limit(str(len(state.priced) + 9))
    assert state.capacity is None


def test_before_the_launch_the_slider_is_a_selection(unlaunched):
    state = StrategyState(unlaunched)
    state.limit("120")
    again = unlaunched.strategy.select(120)
    assert set(state.priced.head(120)["customer_id"]) == set(again.targets["customer_id"])
    assert state.tables.gates()["n"].tolist()[-1] == again.funnel["n_out"].iloc[-1]


def test_the_title_of_the_gates_names_the_largest_loss(state):
    gates = state.tables.gates()
    worst = gates.sort_values("lost_n", ascending=False).iloc[0]
    title, _ = state.findings.gates_title()
    assert locale.count(worst["lost_n"] or gates["n"].iloc[0]) in title


# Writing ----------------------------------------------------------------------------


def test_saving_the_weights_is_a_new_plan(state):
    version = state.plan.version
    state.weigh("cost", "0.9")
    state.approve({"note": "cheap first"})
    assert state.jobs.wait()
    assert state.plan.version == version + 1
    assert state.plan.weights["cost"] == 0.9
    assert state.plan.note == "cheap first"
    assert state.banner.key == "strategy.done.plan"
    assert not state.is_what_if
    assert state.stale == "lists"
    assert state.stale_note()


def test_lists_are_launched_as_the_slider_says(unlaunched):
    state = StrategyState(unlaunched)
    state.limit("150")
    state.set_seed("11")
    assert "capacity=150, random_state=11" in state.python()["launch"]
    state.launch()
    assert state.jobs.wait()
    lists = unlaunched.strategy.lists()
    assert lists["n"].sum() == 150
    assert set(lists["seed"]) == {11}
    assert state.banner.values["n"] == "150"
    rows = state.tables.list_rows()
    assert [row["sha256"] for row in rows] == lists["sha256"].tolist()
    assert all(button.action != "launch" for button in state.heading().buttons)


def test_an_older_segmentation_makes_the_plan_stale_and_redoing_fresh(unlaunched):
    segmentation = unlaunched.insight.segmentation()
    unlaunched.insight.relabel(int(segmentation.segments["cluster"].iloc[0]), "Renamed")
    state = StrategyState(unlaunched)
    used, approved = state.plan.segmentation_version, state.segmentation.version
    assert state.stale_note() == state.t("strategy.stale.used", used=used, approved=approved)
    with pytest.raises(ParameterProblem):
        state.launch()
    assert any(button.blocked for button in state.heading().buttons)
    state.approve()
    assert state.jobs.wait()
    assert state.stale == ""
    assert state.plan.segmentation_version == approved


def test_a_viewer_s_writes_are_refused_by_the_store(viewed):
    state = StrategyState(viewed)
    state.guard(state.approve)
    assert state.jobs.wait()
    assert state.banner.key == "store.error.not_allowed"
    state.editor.edit()
    assert not state.editor.open
    with pytest.raises(NotAllowed):
        state.editor.save({**form_fields(state), "name": "Mine"})


# Cards ------------------------------------------------------------------------------


def form_fields(state):
    form = state.editor.form()
    fields = {name: str(value) for name, value in form.items() if not isinstance(value, list)}
    return fields | {f"stage-{stage}": "1" for stage, _, on in form["stages"] if on}


def test_a_form_that_nobody_changed_changes_nothing(state):
    before = state.project.strategy.card(state.chosen)
    state.editor.save(form_fields(state))
    after = state.project.strategy.card(state.chosen)
    for name in ("name", "script", "lifecycle_stages", "value_per_response", "starts_on", "control_share"):
        assert after[name] == before[name]
    assert after["expected_response"] == pytest.approx(before["expected_response"], abs=1e-7)


def test_a_changed_card_is_stored_and_makes_the_plan_stale(unlaunched):
    state = StrategyState(unlaunched)
    fields = form_fields(state) | {"cost_per_contact": "1,234.5", "expected_response": "7.5"}
    state.editor.save(fields)
    stored = unlaunched.strategy.card(state.chosen)
    assert (stored["cost_per_contact"], stored["expected_response"]) == (1234.5, 0.075)
    assert state.stale == "cards"
    assert state.chosen in state.stale_note()


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"name": " "}, "strategy.card.bad_text"),
        ({"name": "x" * 81}, "strategy.card.bad_text"),
        ({"cost_per_contact": "-1"}, "strategy.card.bad_number"),
        ({"control_share": "100"}, "strategy.card.bad_number"),
        ({"value_per_response": "much"}, "strategy.card.bad_number"),
        ({"starts_on": "soon"}, "strategy.card.bad_date"),
        ({"starts_on": "2030-01-01", "ends_on": "2029-01-01"}, "strategy.card.bad_order"),
    ],
)
def test_a_field_that_can_not_be_read_is_named(state, changed, key):
    before = state.project.strategy.card(state.chosen)
    with pytest.raises(ParameterProblem) as problem:
        state.editor.save(form_fields(state) | changed)
    assert problem.value.key == key
    assert state.project.strategy.card(state.chosen)["row_version"] == before["row_version"]


def test_the_loser_of_two_edits_is_shown_the_difference(state):
    fields = form_fields(state)
    theirs = state.project.strategy.card(state.chosen)
    state.project.strategy.save_card({**theirs, "name": "Theirs"}, int(theirs["row_version"]))
    state.editor.save(fields | {"name": "Mine"})
    assert state.banner.key == "store.error.conflict"
    assert (state.t("strategy.field.name"), "Mine", "Theirs") in state.editor.difference
    assert state.project.strategy.card(state.chosen)["name"] == "Theirs"
    state.editor.overwrite()
    assert state.project.strategy.card(state.chosen)["name"] == "Mine"
    assert state.editor.difference == []


def test_their_card_can_be_kept(state):
    fields = form_fields(state)
    theirs = state.project.strategy.card(state.chosen)
    state.project.strategy.save_card({**theirs, "name": "Theirs"}, int(theirs["row_version"]))
    state.editor.save(fields | {"name": "Mine"})
    state.editor.keep_theirs()
    assert state.editor.mine is None
    assert state.tables.card()["name"] == "Theirs"


# Models, empty states ---------------------------------------------------------------


def test_a_model_is_shown_with_what_it_refused(unlaunched):
    state = StrategyState(unlaunched, lang="zh_CN")
    (row,) = state.tables.models()
    assert row["ids"] == state.cards["strategy_id"].tolist()
    assert locale.decimal(row["model"].auc_) in state.findings.model_title()[0]
    refused = state.tables.refused()
    assert {each["column"] for each in refused} == set(row["model"].refused_["column"])
    assert state.evidence()[state.cards["strategy_id"].iloc[0]] == row["model"].n_validation_


def test_nothing_made_yet_says_what_to_do(people, tmp_path):
    project = wb.create_project(tmp_path / "plain")
    project.import_files(people, snapshot_date="2026-09-30")
    state = StrategyState(project)
    assert state.heading().title == state.t("strategy.nothing.segmentation")
    assert state.kpis() == []
    features = wb.build_features(project.customers())
    project.insight.approve(wb.Segmenter(n_clusters=2).fit(features), features, labels={0: "Young", 1: "Old"})
    state.reload()
    assert state.heading().title == state.t("strategy.nothing.plan")
    assert [button.action for button in state.heading().buttons] == ["comments", "approve"]
    assert [stage for stage, _ in state.tables.stages()] == ["unknown"]
    assert len(state.kpis()) == 6
    state.approve()
    assert state.jobs.wait()
    assert state.plan is not None
    assert len(state.cards) == len(state.ranking()) > 0


def test_choosing_another_cycle_shows_its_plan(state):
    first, now = state.project.cycles()[0].cycle_id, state.plan.version
    state.weigh("cost", "1")
    state.choose_cycle(first)
    assert state.plan.version < now
    assert not state.is_what_if
    assert set(state.lists["list_id"].str[:6]) == {first.replace(" ", "")}


def test_both_languages_say_everything(state):
    for lang in locale.LANGUAGES:
        state.lang = lang
        for title, subtitle in (
            state.findings.map_title(),
            state.findings.ranking_title(),
            state.findings.gates_title(),
            state.findings.trace_title(),
            state.findings.lists_title(),
            state.findings.model_title(),
        ):
            assert title
            assert subtitle
            assert "{" not in title + subtitle
    assert isinstance(state.tables.ranking(), pd.DataFrame)
