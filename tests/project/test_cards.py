"""Strategy cards in the store: every column comes back, older cards too, and scripts are kept."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import Conflict, NotAllowed, NotFound, ParameterProblem
from workbench.project.cards import STAMPS
from workbench.strategy import required_size
from workbench.tables import STRATEGIES

NEW = {
    "kpi": "balances",
    "kpi_target": 2.5e6,
    "tier": "value,strategic",
    "trigger": "maturity",
    "window_days": 14.0,
    "channels": "phone,sms",
    "script_version": "1",
    "eligibility": '[{"column": "age", "operator": "at_least", "value": 18}]',
    "contact_policy": "careful",
    "budget": 50_000.0,
    "quota": 300.0,
    "effect": 0.02,
    "journey": "app_to_branch",
    "objective_id": "O1.2",
}


def test_every_column_of_a_card_comes_back(copied) -> None:
    card = copied.strategy.cards().iloc[0].to_dict() | NEW
    copied.strategy.save_card(card, int(card["row_version"]))
    stored = copied.strategy.card(card["strategy_id"])
    main = card["channel"]
    expected = NEW | {"channels": ",".join(dict.fromkeys([main, "phone", "sms"]))}
    assert {name: stored[name] for name in NEW} == expected
    STRATEGIES.check(copied.strategy.cards())


def test_a_card_of_an_earlier_version_has_defaults(copied) -> None:
    cycle = copied.cycle.cycle_id
    row = copied.store.cards.rows(cycle)[0]
    old = {name: value for name, value in row.items() if name not in (*NEW, *STAMPS)}
    copied.store.cards.save(cycle, old, None)
    card = copied.strategy.card(row["strategy_id"])
    assert (card["kpi"], card["script_version"], card["channels"]) == ("responses", "1", card["channel"])
    assert [card[name] for name in ("tier", "trigger", "eligibility", "contact_policy")] == [""] * 4
    assert all(pd.isna(card[name]) for name in ("kpi_target", "window_days", "budget", "quota", "effect"))
    STRATEGIES.check(copied.strategy.cards())
    copied.strategy.save_card(card | {"name": "Renamed"}, int(card["row_version"]))
    assert copied.strategy.card(row["strategy_id"])["name"] == "Renamed"


def test_a_changed_script_gets_a_version_and_the_older_ones_stay_readable(copied) -> None:
    cards, cycle = copied.store.cards, copied.cycle.cycle_id
    name = copied.strategy.cards()["strategy_id"].iloc[0]
    first = copied.strategy.card(name)["script"]
    for script in ("Second {name}", "Third {name}"):
        card = copied.strategy.card(name)
        copied.strategy.save_card(card | {"script": script}, int(card["row_version"]))
    card = copied.strategy.card(name)
    assert card["script_version"] == "3"
    kept = cards.scripts(cycle, name)
    assert [(each["version"], each["script"]) for each in kept] == [
        ("1", first),
        ("2", "Second {name}"),
        ("3", "Third {name}"),
    ]
    assert kept[0]["by"]
    assert kept[0]["until"]
    assert kept[-1]["until"] is None
    # What changes no script changes no version, through whichever door.
    copied.strategy.save_card(card | {"name": "Another"}, int(card["row_version"]))
    copied.strategy.save(copied.strategy.cards())
    assert copied.strategy.card(name)["script_version"] == "3"
    assert len(cards.scripts(cycle, name)) == 3
    with pytest.raises(NotFound):
        cards.scripts(cycle, "S99")


def test_a_version_of_the_banks_own_is_kept(copied) -> None:
    name = copied.strategy.cards()["strategy_id"].iloc[0]
    for version, expected in (("spring", "spring"), ("spring", "spring-2")):
        card = copied.strategy.card(name)
        changed = card | {"script": f"{card['script']}!", "script_version": version}
        copied.strategy.save_card(changed, int(card["row_version"]))
        assert copied.strategy.card(name)["script_version"] == expected


def test_two_who_change_one_card_see_only_what_they_changed(copied) -> None:
    name = copied.strategy.cards()["strategy_id"].iloc[0]
    mine = copied.strategy.card(name)
    hers = copied.strategy.card(name)
    copied.strategy.save_card(hers | {"budget": 10.0, "script": "Hers"}, int(hers["row_version"]))
    with pytest.raises(Conflict) as caught:
        copied.strategy.save_card(mine | {"tier": "basic"}, int(mine["row_version"]))
    assert set(caught.value.difference) == {"budget", "script", "script_version", "tier"}


def test_a_card_is_made_of_a_template_copied_and_removed(copied) -> None:
    cards = copied.strategy.card_file
    segment = copied.insight.segmentation().segments["segment"].iloc[0]
    before = copied.strategy.cards()["strategy_id"].tolist()
    made = cards.add(cards.draft("large_inflow", segment, lang="zh_CN"))
    assert made not in before
    card = copied.strategy.card(made)
    assert (card["name"], card["trigger"], card["channels"]) == (
        "大额资金流入承接",
        "large_inflow",
        "phone,app,branch",
    )
    assert card["starts_on"] > pd.Timestamp(copied.cycle.snapshot_date)
    with pytest.raises(ParameterProblem, match=made):
        cards.add(card)
    copy = cards.duplicate(made, "Another")
    assert copy not in (*before, made)
    assert copied.strategy.card(copy)["name"] == "Another"
    assert copied.strategy.card(copy)["script"] == card["script"]
    copied.strategy.save_card(card | {"owner": "Li"}, int(card["row_version"]))
    with pytest.raises(Conflict):
        cards.remove(made, int(card["row_version"]))
    cards.remove(made, int(card["row_version"]) + 1)
    cards.remove(copy)
    assert copied.strategy.cards()["strategy_id"].tolist() == before
    with pytest.raises(NotFound):
        cards.remove(made)
    with pytest.raises(ParameterProblem, match="no segment"):
        cards.draft("large_inflow", "Nobody")
    with pytest.raises(ParameterProblem, match="first_contact"):
        cards.draft("no_such", segment)


def test_a_card_with_a_launched_list_stays(copied) -> None:
    launched = copied.at(copied.cycles()[-1].cycle_id)
    name = launched.strategy.lists()["strategy_id"].iloc[0]
    with pytest.raises(ParameterProblem, match=name):
        launched.strategy.card_file.remove(name)
    assert name in set(launched.strategy.cards()["strategy_id"])


def test_sizes_are_of_the_lists_else_of_the_plan(walked) -> None:
    first = walked.at(walked.cycles()[0].cycle_id)
    for project in (first, walked):
        sizes = project.strategy.card_file.sizes().set_index("strategy_id")
        lists = project.strategy.lists().set_index("strategy_id")["n"]
        assert sizes.loc[lists.index, "n"].to_dict() == lists.to_dict()
        assert (sizes.loc[lists.index, "basis"] == "list").all()
        power = project.strategy.card_file.power().set_index("strategy_id")
        assert power["n"].dropna().to_dict() == sizes["n"].dropna().to_dict()
        known = power[power["verdict"].eq("too_small") | power["verdict"].eq("enough")]
        assert len(known)
        card = project.strategy.card(known.index[0])
        row = known.iloc[0]
        needed = required_size(
            card["expected_response"] - card["effect"], card["effect"], control_share=card["control_share"]
        )
        assert row["n_needed"] == needed.n


def test_a_viewer_reads_and_removes_nothing(walked) -> None:
    name = walked.strategy.cards()["strategy_id"].iloc[0]
    assert walked.strategy.card_file.scripts(name)["version"].tolist() == ["1"]
    with pytest.raises(NotAllowed):
        walked.strategy.card_file.remove(name)
    with pytest.raises(NotAllowed):
        walked.strategy.card_file.duplicate(name)
