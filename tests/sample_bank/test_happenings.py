import pandas as pd

from workbench.sample_bank.happenings import EVENTS, LOG_MONTHS
from workbench.sample_bank.movements import MOVEMENTS


def of(bank, event):
    return bank.events[bank.events["type"] == EVENTS.index(event)]


def test_the_log_reaches_back_seven_months_and_holds_every_type(bank):
    when = bank.events["occurred_at"]
    assert LOG_MONTHS == 7
    assert when.min() >= pd.Timestamp("2026-03-01")
    assert when.max() < pd.Timestamp("2026-10-01")
    assert set(bank.events["type"]) == set(range(len(EVENTS)))


def test_nobody_logs_in_before_opening_or_after_going_quiet(bank):
    own = pd.concat([of(bank, "app_login"), of(bank, "branch_visit")])
    rows = own.merge(bank.population[["number", "opened_on", "last_active"]], on="number")
    day = rows["occurred_at"].dt.normalize()
    assert ((day >= rows["opened_on"]) & (day <= rows["last_active"])).all()


def test_salary_events_are_the_salaries(bank):
    pay = bank.transactions[
        (bank.transactions["type"] == MOVEMENTS.index("salary"))
        & (bank.transactions["occurred_at"] >= "2026-03-01")
    ]
    assert len(of(bank, "salary")) == len(pay)
    assert of(bank, "salary")["amount"].sum() == pay["amount"].sum()


def test_birthdays_are_birthdays(bank):
    born = bank.people.set_axis(bank.population["number"])["birth_date"]
    rows = of(bank, "birthday")
    births = pd.Series(born.reindex(rows["number"]).to_numpy(), index=rows.index)
    assert (rows["occurred_at"].dt.month == births.dt.month).mean() > 0.999
    assert (rows["occurred_at"].dt.day == births.dt.day).mean() > 0.999
    known = bank.people["birth_date"].notna().sum()
    assert 0.45 < len(rows) / known < 0.7


def test_only_money_events_have_an_amount(bank):
    with_money = bank.events.groupby("type")["amount"].count() > 0
    assert {EVENTS[code] for code in with_money[with_money].index} == {"salary", "large_inflow", "maturity"}
