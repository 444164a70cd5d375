import numpy as np
import pandas as pd

from workbench.sample_bank import phrases
from workbench.sample_bank.surveys import draw_surveys

LAST = np.datetime64("2026-09-30")


def test_answers_come_from_known_customers_within_the_year(bank):
    rows = bank.surveys.merge(bank.population, on="number")
    assert (rows["answered_on"] >= rows["opened_on"]).all()
    assert rows["answered_on"].between("2025-09-30", "2026-09-30").all()
    assert rows["score"].dropna().between(0, 10).all()


def test_texts_vary_and_are_in_two_languages(bank):
    text = bank.surveys["text"]
    written = bank.surveys[text != ""]
    assert 0.2 < (text == "").mean() < 0.4
    assert written["text"].nunique() > 0.8 * len(written)
    english = written["language"] == "en"
    assert 0.1 < english.mean() < 0.4
    assert written.loc[english, "text"].map(str.isascii).all()
    assert not written.loc[~english, "text"].map(str.isascii).any()


def test_unhappy_scores_bring_complaints(bank):
    population = pd.concat([bank.population] * 5, ignore_index=True)
    people = pd.concat([bank.people] * 5, ignore_index=True)
    rows = draw_surveys(population, people, LAST, np.random.default_rng(0))
    rows = rows[(rows["text"] != "") & ~rows["text"].str.contains("but|不过")]
    good = [part for words in (phrases.GOOD_EN, phrases.GOOD_ZH) for said in words.values() for part in said]
    praise = rows["text"].map(lambda text: any(part in text for part in good))
    assert praise[rows["score"] >= 9].mean() > 0.95
    assert praise[rows["score"] <= 4].mean() < 0.05


def test_decline_lowers_the_score(bank):
    rows = bank.surveys.merge(bank.population, on="number")
    declining = rows["stage"] == 4
    assert rows.loc[declining, "score"].mean() < rows.loc[~declining, "score"].mean() - 0.5
