"""People of two systems, with the slips that clerks make: who is who is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

_SURNAMES = list("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗")
_GIVEN = list(
    "安柏辰川丹迪恩帆歌涵海航禾衡弘佳嘉简江杰静珂岚乐黎霖林凌萌铭沐宁诺沛琪清然若珊书舒思涛彤维文希熙"
)
_FIRST = [
    "Anna",
    "Boris",
    "Clara",
    "David",
    "Elena",
    "Felix",
    "Grace",
    "Henry",
    "Irene",
    "Jonas",
    "Karin",
    "Louis",
]
_LAST = [
    "Meyer",
    "Novak",
    "Olsen",
    "Petit",
    "Quinn",
    "Rossi",
    "Silva",
    "Tanaka",
    "Urban",
    "Vargas",
    "Weber",
    "Young",
]
REGIONS = ["East", "South", "West", "North", "Central"]


def _name(rng: np.random.Generator) -> str:
    if rng.random() < 0.25:
        return f"{rng.choice(_FIRST)} {rng.choice(_LAST)}"
    return rng.choice(_SURNAMES) + "".join(rng.choice(_GIVEN, rng.integers(1, 3)))


def _slip(text: str, rng: np.random.Generator, letters: list[str]) -> str:
    at = int(rng.integers(1, len(text)))
    if rng.random() < 0.3 and at + 1 < len(text):
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + str(rng.choice(letters)) + text[at + 1 :]


def draw_people(n: int, share: float, seed: int) -> pd.DataFrame:
    """Return records of a core system and a CRM; ``person`` is who they truly are."""
    rng = np.random.default_rng(seed)
    digits = list("0123456789")
    rows = []
    for person in range(n):
        born = pd.Timestamp("1950-01-01") + pd.Timedelta(days=int(rng.integers(0, 20_000)))
        one = {
            "record_id": f"core:{person:06d}",
            "source": "core",
            "person": person,
            "name": _name(rng),
            "phone": "139" + "".join(rng.choice(digits, 8)),
            "birth_date": born,
            "gender": str(rng.choice(["F", "M"])),
            "region": str(rng.choice(REGIONS)),
        }
        rows.append(one)
        if rng.random() >= share:
            continue
        two = {**one, "record_id": f"crm:{person:06d}", "source": "crm"}
        is_han = not one["name"].isascii()
        if rng.random() < 0.25:
            two["name"] = _slip(one["name"], rng, _GIVEN if is_han else list("aeiourst"))
        if not is_han and rng.random() < 0.3:
            two["name"] = ", ".join(reversed(two["name"].split(" ", 1)))
        if rng.random() < 0.25:
            two["phone"] = _slip(one["phone"], rng, digits) if rng.random() < 0.5 else None
        if rng.random() < 0.15:
            two["birth_date"] = born + pd.Timedelta(days=int(rng.choice([1, 10, 30, 365])))
        if rng.random() < 0.1:
            two["birth_date"] = pd.NaT
        if rng.random() < 0.15:
            two["region"] = str(rng.choice(REGIONS))
        rows.append(two)
    return pd.DataFrame(rows).sample(frac=1, random_state=seed).reset_index(drop=True)


@pytest.fixture(scope="session")
def people() -> pd.DataFrame:
    return draw_people(2_000, 0.3, seed=3)
