"""What the map of the strategy screen warns of, with the numbers behind it."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import workbench as wb
from workbench.ui.screens.strategy import StrategyScreen
from workbench.ui.state.strategy import StrategyState


def text(panel) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", panel.html))


@pytest.fixture
def doubled(walked):
    """A strategy twice, by the same channel on the same few days."""
    cards = walked.strategy.cards()
    card = {str(name): value for name, value in cards.iloc[0].items()}
    begins = pd.Timestamp("2026-11-02")
    for number in ("S90", "S91"):
        walked.strategy.save_card(
            {
                **card,
                "strategy_id": number,
                "name": f"Again {number} <b>",
                "lifecycle_stages": "",
                "starts_on": begins,
                "ends_on": begins + pd.Timedelta(days=2),
            }
        )
    return walked


def test_cells_say_what_their_strategies_bring(viewed):
    state = StrategyState(viewed)
    cells = state.cells()
    members = viewed.insight.segmentation().membership
    people = viewed.customers()
    expected = wb.build_strategy_map(
        people, members, viewed.strategy.cards(), scores=viewed.strategy.scores()
    )
    assert cells["value"].fillna(-1).tolist() == pytest.approx(expected["value"].fillna(-1).tolist())
    screen = StrategyScreen(state)
    shown = [cell for row in state.tables.map_rows() for cell in row["cells"] if cell["value"] is not None]
    assert screen.map.html.count("ob-ev") == len(shown) > 0
    assert not any(cell["hidden"] for cell in shown)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_conflicts_and_overloads_stand_with_names_and_counts(doubled, lang):
    state = StrategyState(doubled, lang=lang)
    screen = StrategyScreen(state)
    cards, members = doubled.strategy.cards(), doubled.insight.segmentation().membership
    found = wb.find_conflicts(doubled.customers(), members, cards, by_stage=True)
    mine = found[found["strategy_id"].eq("S90") & found["other_id"].eq("S91")].iloc[0]
    cell = next(
        cell
        for row in state.tables.map_rows()
        for cell in row["cells"]
        if cell["segment"] == mine["segment"] and cell["stage"] == mine["lifecycle_stage"]
    )
    state.choose_cell(cell["key"])
    shown = text(screen.map)
    assert f"{mine['n']:,}" in shown
    assert "S90 Again S90 &lt;b&gt;" in screen.map.html
    limits = doubled.strategy.contact_policy.limits
    loads = wb.find_overloads(doubled.customers(), members, cards, policy=limits)
    over = loads[loads["kind"].eq("segment") & loads["overloaded"]]
    assert mine["segment"] in over["name"].tolist()
    assert screen.map.html.count("ob-over") == len(over)
    assert len(state.flags.overloaded_segments()) == len(over)
    assert state.flags.trouble() == ""


def test_a_handful_of_customers_is_not_counted_for_a_reader(doubled):
    reader = StrategyState(wb.open_project(doubled.folder, role="viewer"))
    least = reader.project.small_cell
    some = reader.t("strategy_objectives.map.some")
    assert reader.flags._count(least - 1, 500) == some
    assert reader.flags._count(500 - least + 1, 500) == some
    assert reader.flags._count(500, 500) == "500"
    assert StrategyState(doubled).flags._count(3, 500) == "3"


def test_a_card_that_asks_for_what_the_bank_lacks_leaves_the_map_standing(walked):
    card = walked.strategy.card(walked.strategy.cards()["strategy_id"].iloc[0])
    asked = '[{"column": "shoe_size", "operator": "at_least", "value": 40}]'
    walked.strategy.save_card({**card, "eligibility": asked}, int(card["row_version"]))
    state = StrategyState(walked)
    screen = StrategyScreen(state)
    assert "shoe_size" in text(screen.map)
    assert len(state.tables.map_rows()) > 1


def test_channels_and_agents_are_held_against_the_plans_limits(walked):
    from workbench.strategy.allocation import Limits

    walked.strategy.capacity.save_limits(Limits(agent_minutes=6.0, channel_capacity={"sms": 1.0}))
    state = StrategyState(walked)
    said = " ".join(state.flags.overloaded_channels())
    assert "Agents" in said
    assert (
        state.flags.overloaded_channels() == state.flags.warnings()[-len(state.flags.overloaded_channels()) :]
    )
