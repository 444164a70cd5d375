"""What can be sold: held and booked, masked, when it runs out; and the demo's, which says it is simulated."""

from __future__ import annotations

import datetime as dt

import pytest

from workbench.errors import NotAllowed
from workbench.project import Project
from workbench.project.demo_supply import NOTE, SUPPLIER, play_supply


def test_the_demo_s_supply_fits_its_contacts_and_says_it_was_simulated(walked: Project) -> None:
    quota, materials = walked.execution.quota, walked.execution.materials
    frame, ledger = quota.frame(), quota.ledger()
    assert set(ledger["who"]) == {SUPPLIER}
    assert set(ledger.loc[ledger["kind"].eq("open"), "note"]) == {NOTE}
    assert set(materials.frame()["note"]) == {NOTE}
    # One is used up, in one branch; the others have something left. None has a last day.
    assert frame.loc[frame["left"].eq(0), "branch"].ne("").all()
    assert (frame["left"].eq(0).sum(), frame["valid_to"].isna().all()) == (1, True)
    assert set(walked.execution.desk.stopped()["why"]) == {"used_up"}
    # Every booking is a contact that ended in a yes, at its moment.
    booked = walked.store.quotas.ledger()
    booked = booked[booked["kind"].eq("book")]
    contacts, outcomes = walked.execution.contacts(), walked.execution.outcomes()
    yes = outcomes[outcomes["responded"].astype("bool")]
    assert len(booked) >= 3
    for row in booked.itertuples():
        mine = contacts["customer_id"].eq(row.customer_id) & contacts["strategy_id"].eq(row.strategy_id)
        assert contacts.loc[mine, "contacted_at"].min() == row.at
        assert (yes["customer_id"].eq(row.customer_id) & yes["strategy_id"].eq(row.strategy_id)).any()
    assert booked["customer_id"].is_unique
    # Its materials show a gap, as a bank's do, and one current version each.
    placed = materials.placed("2026-11-17")
    assert placed[placed["state"].eq("current")]["name"].is_unique
    assert set(materials.problems("2026-11-17")["problem"]) <= {"gap"}


def test_it_is_played_once_and_changes_no_contact(copied: Project) -> None:
    before = (len(copied.execution.quota.ledger()), len(copied.execution.contacts()))
    assert not play_supply(copied)
    assert (len(copied.execution.quota.ledger()), len(copied.execution.contacts())) == before


def test_what_is_booked_under_a_lease_is_held_until_it_ends(copied: Project) -> None:
    desk, quota = copied.execution.desk, copied.execution.quota
    lease = desk.take_next("lin", ahead=True)
    assert lease is not None
    number = quota.define("test_offer", 5, valid_from="2026-10-01")
    quota.book("test_offer", 2, key="held", lease=lease, day="2026-11-01")
    booking = quota.book("test_offer", 1, key="sold", customer_id="x", day="2026-11-01")
    columns = ["booked", "held", "left", "n_bookings"]

    def figures() -> list[float]:
        frame = quota.frame()
        return frame.loc[frame["quota_id"].eq(number), columns].iloc[0].tolist()

    assert figures() == [3.0, 2.0, 2.0, 2]
    mine = quota.bookings(number)
    assert mine["customer"].tolist()[-1] == "****"
    assert lease.customer_id not in mine.to_csv()
    assert "****" in mine["customer"].iloc[-2]
    desk.give_back(lease, "no time", "lin")
    assert figures() == [1.0, 0.0, 4.0, 1]
    quota.give_back(booking, key="r")
    assert figures() == [0.0, 0.0, 5.0, 0]
    # Bookings of the day make the pace; with all given back there is none.
    row = quota.forecast(copied.store.database.clock().date())
    assert row.loc[row["quota_id"].eq(number), "state"].tolist() == ["idle"]
    assert quota.forecast(dt.date(2026, 9, 1))["state"].isin(["not_begun", "used_up"]).all()


def test_a_viewer_reads_no_booking_s_customer(walked: Project) -> None:
    with pytest.raises(NotAllowed):
        walked.execution.quota.bookings()
    assert "customer" not in walked.execution.quota.ledger()
