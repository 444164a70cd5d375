"""Every string that a screen shows, in English and Simplified Chinese.

The catalogues are TOML files, one per room and language: the key
``insight.kpi.customers`` is the entry ``customers`` of table ``[kpi]`` in
``locale/en/insight.toml``. A test holds both languages to the same keys and
placeholders, and every key to a use in the code.
"""

from workbench.locale.catalogue import LANGUAGES, keys, normal_language, text
from workbench.locale.numbers import (
    count,
    date,
    decimal,
    money,
    percent,
    points,
    signed,
    timestamp,
)

__all__ = [
    "LANGUAGES",
    "count",
    "date",
    "decimal",
    "keys",
    "money",
    "normal_language",
    "percent",
    "points",
    "signed",
    "text",
    "timestamp",
]
