import pytest

from workbench.sample_bank.seeds import PARTS, generator


def test_parts_and_blocks_have_streams_of_their_own():
    first = [generator(7, part, block).random() for part in PARTS for block in range(3)]
    assert len(set(first)) == len(first)
    assert generator(7, "people", 2).random() == generator(7, "people", 2).random()
    assert generator(8, "people", 2).random() != generator(7, "people", 2).random()


def test_unknown_parts_are_refused():
    with pytest.raises(ValueError):
        generator(7, "weather")
