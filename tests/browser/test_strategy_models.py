"""The journey to what the propensity models are worth, as a manager makes it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import workbench as wb

pytestmark = pytest.mark.browser


def approve_with_models(folder) -> None:
    """Approve a plan with models of two offers; the small bank's own history is too short for any."""
    project = wb.open_project(folder, role="analyst")
    customers = project.customers()
    rng = np.random.default_rng(0)
    known = customers.sample(900, random_state=0)
    chance = 0.08 + 0.35 * (known["age"].fillna(40) > 45)
    history = pd.DataFrame(
        {
            "customer_id": known["customer_id"],
            "offer": np.where(np.arange(900) % 2, "time_deposit", "fund_plan"),
            "contacted_at": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(900) // 10, unit="D"),
            "responded": rng.random(900) < chance,
            "duration": 60.0,
        }
    )
    strategy = project.strategy
    cards, members = strategy.cards(), project.insight.segmentation().membership
    offers = ("fund_plan", "time_deposit")
    learned = [wb.Propensity(algorithm="logistic").fit(customers, history, offer=offer) for offer in offers]
    models = dict(zip(cards["strategy_id"], learned, strict=False))
    criteria = wb.build_criteria(cards, customers, members, models)
    scores = wb.score_customers(customers, members, cards, models, {"expected_value": 1.0})
    strategy.save_scores(scores, {"expected_value": 1.0}, criteria, models)


def test_a_manager_reads_what_the_models_are_worth(stage_folder, publish_as, visit):
    folder = stage_folder("strategy")
    approve_with_models(folder)
    opened = visit()
    address = publish_as(folder, "viewer").address("strategy")
    page = opened.open(f"{address}{'&' if '?' in address else '?'}section=models", charts=5)
    page.wait_for_function(
        "document.querySelector('.wb .title h1').innerText.includes('puts the responder first in')"
    )
    assert page.locator(".wb .kpi").count() == 6
    title = page.locator(".wb .title h1").inner_text()
    assert title.startswith("Fund plan")
    assert "known only after the contact" in page.locator(".wb .mo-refused li.bad").first.inner_text()
    assert "area under the cumulative gains curve" in page.locator(".wb .a-mo-figures").first.inner_text()
    assert page.locator(".wb [data-action=learn]").count() == 0
    # Another offer has another model.
    page.locator(".wb .a-mo-figures [data-action=offer]").last.click()
    page.wait_for_function("document.querySelector('.wb .title h1').innerText.startsWith('Time deposit')")
    # The same page, narrow and in Chinese.
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function("document.querySelector('.wb .title h1').innerText.includes('的配对中')")
    assert "累计增益曲线下的面积" in page.locator(".wb .a-mo-figures").first.inner_text()
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator(".wb .note.error").count() == 0
    assert opened.attempts == []
    assert opened.faults == []
