import numpy as np
from pandas.testing import assert_frame_equal

from workbench.sample_bank.balances import month_ends
from workbench.sample_bank.blocks import draw_block
from workbench.sample_bank.effects import plant_effects
from workbench.sample_bank.population import draw_population
from workbench.sample_bank.seeds import generator

LAST = np.datetime64("2026-09-30")


def test_a_block_is_the_same_whichever_blocks_were_made_before():
    population = draw_population(1_000, LAST, generator(7, "population"))
    ends, effects = month_ends(LAST, 12), plant_effects()
    alone = draw_block(population.iloc[500:], effects, ends, LAST, 7, 1)
    draw_block(population.iloc[:500], effects, ends, LAST, 7, 0)
    after = draw_block(population.iloc[500:], effects, ends, LAST, 7, 1)
    for name in ("people", "transactions", "events", "history", "surveys"):
        assert_frame_equal(getattr(alone, name), getattr(after, name))
    assert_frame_equal(alone.balances.holdings, after.balances.holdings)
    assert (alone.transactions["number"] > 10_500).all()
