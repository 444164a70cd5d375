"""Names, telephones, births, branches and what else a customer file says of a person.

Nobody real: names are put together from syllables at random, telephones lie in a range
that is not assigned to anyone (138 0000 xxxx).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.sample_bank.structure import (
    BRANCHES,
    INDUSTRIES,
    OCCUPATIONS,
    REGIONS,
    RETAIL,
    SEGMENTS,
    TRAITS,
)

_SURNAMES = np.array(list("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"))
_GIVEN = np.array(
    list(
        "安柏辰川丹迪恩帆歌涵海航禾衡弘佳嘉简江杰静珂岚乐黎霖林凌萌铭沐宁诺沛琪清然若珊书舒思涛彤维文希熙夏晓欣星轩雅妍彦瑶一怡逸音盈颖雨语昱原远悦云泽哲真之知芷舟竹卓子梓"
    )
)
_COMPANY = np.array(list("瑞澜禾拓泓岑霁朔禹屿旻煦砚衡翎湛岫珩黎澍"))
_TRADE = np.array(["机械", "商贸", "百货", "物流", "建筑", "软件", "餐饮", "农业", "医疗", "教育"])
_LATIN = np.array(
    ["Bo", "Da", "Fen", "Hui", "Jia", "Ke", "Lan", "Mei", "Ning", "Qi", "Rui", "Shan", "Tao", "Wen"]
)


def draw_people(population: pd.DataFrame, last_day: np.datetime64, rng: np.random.Generator) -> pd.DataFrame:
    """Draw what the customer files say of each customer.

    Parameters
    ----------
    population : pandas.DataFrame
        A block of `draw_population`.
    last_day : numpy.datetime64
        The bank's last day, on which ages are true.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    pandas.DataFrame
        One row a customer, in the order given: name, gender, birth_date, phone, region,
        branch, occupation, industry, consent, do_not_contact, relationship_manager,
        kyc_level. Companies have no gender, birth date or occupation; people no industry.
    """
    n = len(population)
    segment = population["segment"].to_numpy()
    company = segment >= len(RETAIL)
    lean, other = population["lean"].to_numpy(), population["leans_to"].to_numpy()
    ages = np.array([TRAITS[name].age for name in SEGMENTS])
    age = (1 - lean) * ages[segment] + lean * ages[other]
    spread = np.array([TRAITS[name].age_spread for name in SEGMENTS])[segment]
    years = np.clip(age + spread * rng.standard_normal(n), 18.5, 92)
    born = last_day - (years * 365.25).astype("timedelta64[D]")
    shown = np.where(rng.random(n) < lean, other, segment)
    weights = np.cumsum([TRAITS[name].occupations for name in SEGMENTS], axis=1)[shown]
    occupation = (rng.random(n)[:, None] * weights[:, -1:] >= weights).sum(axis=1)
    industry = population["industry"].to_numpy()
    branch = np.minimum((rng.random(n) ** 1.25 * len(BRANCHES)).astype(int), len(BRANCHES) - 1)
    office = rng.integers(1, 41, n)
    gender = np.where(rng.random(n) < 0.51, "F", "M")
    stopped = rng.random(n) < 0.03
    # A customer of less than a year has as a rule only been through the simplified check.
    fresh = (last_day - population["opened_on"].to_numpy().astype("datetime64[D]")).astype(int) < 365
    draw = rng.random(n)
    return pd.DataFrame(
        {
            "name": np.where(
                company, company_names(population["number"].to_numpy(), industry), _names(n, rng)
            ),
            "gender": pd.Series(gender).mask(company),
            "birth_date": np.where(company, np.datetime64("NaT"), born),
            "phone": np.char.add("1380000", np.char.zfill(rng.integers(0, 10_000, n).astype(str), 4)),
            "region": np.array(REGIONS)[branch % len(REGIONS)],
            "branch": np.array(BRANCHES)[branch],
            "occupation": pd.Series(np.array(OCCUPATIONS)[occupation]).mask(company),
            "industry": pd.Series(np.array(INDUSTRIES)[industry]).where(company),
            "consent": (rng.random(n) < np.where(company, 0.85, 0.78)) & ~stopped,
            "do_not_contact": stopped,
            "relationship_manager": np.char.add("RM-", np.char.zfill((branch * 40 + office).astype(str), 4)),
            "kyc_level": np.select(
                [company & (draw < 0.3), fresh & (draw < 0.9)], ["enhanced", "basic"], "standard"
            ),
        }
    )


def _names(n: int, rng: np.random.Generator) -> np.ndarray:
    """Two or three characters at random; one in forty in Latin letters."""
    surname = _SURNAMES[rng.integers(0, len(_SURNAMES), n)]
    first = _GIVEN[rng.integers(0, len(_GIVEN), n)]
    second = np.where(rng.random(n) < 0.72, _GIVEN[rng.integers(0, len(_GIVEN), n)], "")
    chinese = np.char.add(np.char.add(surname, first), second)
    latin = np.char.add(
        np.char.add(_LATIN[rng.integers(0, len(_LATIN), n)], " "), _LATIN[rng.integers(0, len(_LATIN), n)]
    )
    return np.where(rng.random(n) < 0.025, latin, chinese)


def company_names(number: np.ndarray, industry: np.ndarray) -> np.ndarray:
    """Return the names of companies; they follow from the number and the industry.

    Examples
    --------
    >>> import numpy as np
    >>> str(company_names(np.array([10_001]), np.array([5]))[0])
    '...软件有限公司'
    """
    size = len(_COMPANY)
    mixed = number * 7_919 % size**3
    name = np.char.add(_COMPANY[mixed % size], _COMPANY[mixed // size % size])
    name = np.char.add(name, _COMPANY[mixed // size**2])
    return np.char.add(np.char.add(name, _TRADE[industry]), "有限公司")
