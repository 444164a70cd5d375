"""Strategy cards in the store: every column comes back, older cards too, and scripts are kept."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import Conflict, NotFound
from workbench.project.cards import STAMPS
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
