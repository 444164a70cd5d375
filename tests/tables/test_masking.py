"""What is hidden can't be read back."""

import math

import pandas as pd
import pytest

from workbench.tables import mask_identifier, mask_name, mask_phone


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13812341234", "138****1234"),
        ("0000012345", "000****2345"),
        ("110101199003071234", "110****1234"),
        ("12345678", "12****78"),
        ("C1234", "C****4"),
        ("123", "****"),
        ("", ""),
        (None, ""),
        (math.nan, ""),
        (pd.NA, ""),
    ],
)
def test_identifier(text, shown):
    assert mask_identifier(text) == shown


@pytest.mark.parametrize("length", range(1, 30))
def test_at_least_half_of_a_short_identifier_is_hidden(length):
    text = "".join(chr(ord("a") + i % 26) for i in range(length))
    shown = mask_identifier(text).replace("*", "")
    assert len(shown) <= max(7, length // 2)
    assert len(shown) <= length - 2 or length < 3
    if length < 9:
        assert len(shown) <= length / 2


def test_name():
    assert mask_name("欧阳娜娜") == "欧**"
    assert mask_name("  Li   Na ") == "L** N**"
    assert mask_name(math.nan) == ""


def test_phone():
    assert mask_phone("8613812341234") == "138****1234"
    assert mask_phone("１３８１２３４１２３４") == "138****1234"
    assert mask_phone("no number") == ""
