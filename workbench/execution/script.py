"""Fill a script's placeholders for one customer; nothing else in it is interpreted."""

from __future__ import annotations

import re

from workbench import locale

MESSAGE_PREFIXES = ("execution_room.product.", "execution_room.salutation.")
FIELDS = ("name", "product")
_FIELD = re.compile(r"\{(" + "|".join(FIELDS) + r")\}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_COMPOUND = (
    "欧阳", "司马", "上官", "诸葛", "夏侯", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒",
    "端木", "长孙", "宇文",
)  # fmt: skip


def fill_script(script: str, *, name: str, product: str) -> str:
    """Return a script with ``{name}`` and ``{product}`` filled in.

    Every other brace stays as it was written: a script is text from users, so it is not a
    format string. What is filled in is not searched again.

    Parameters
    ----------
    script : str
        The script of a strategy card.
    name : str
        How the customer is addressed.
    product : str
        What is offered, in words.

    Returns
    -------
    str

    Examples
    --------
    >>> fill_script("Dear {name}: {product}, {name.__class__} {0} {", name="Ms Li", product="{name}")
    'Dear Ms Li: {name}, {name.__class__} {0} {'
    """
    values = {"name": name, "product": product}
    return _FIELD.sub(lambda match: values[match.group(1)], script)


def product_name(offer: str, lang: str = "en") -> str:
    """Return an offer in words; one that is not in the catalogue is read from its code.

    Examples
    --------
    >>> product_name("time_deposit", "zh_CN"), product_name("green_bond")
    ('定期存款', 'green bond')
    """
    key = f"execution_room.product.{offer}"
    return locale.text(key, lang) if key in locale.keys(lang) else offer.replace("_", " ")


def script_language(script: str) -> str:
    """Return the language that a script is written in.

    Examples
    --------
    >>> script_language("Good day {name}"), script_language("{name}您好")
    ('en', 'zh_CN')
    """
    return "zh_CN" if _CHINESE.search(script) else "en"


def address(name: str | None, gender: str | None = None, *, company: bool = False, lang: str = "en") -> str:
    """Return how a customer is addressed: by surname and title, never by the full name.

    Parameters
    ----------
    name : str or None
        The name as the bank has it; a Chinese name begins with the surname, another one
        ends with it.
    gender : {"F", "M"} or None
        Decides the title; unknown leaves it neutral.
    company : bool, default=False
        A company is addressed by its whole name.
    lang : str, default="en"
        Language of the script.

    Returns
    -------
    str
        Without a name, a neutral word.

    Examples
    --------
    >>> address("王小明", "M", lang="zh_CN"), address("Anna Li", "F"), address(None)
    ('王先生', 'Ms Li', 'dear customer')
    """
    if not name or not name.strip():
        return locale.text("execution_room.salutation.nobody", lang)
    name = name.strip()
    if company:
        return name
    titles = {"F": "female", "M": "male"}
    key = f"execution_room.salutation.{titles.get(gender or '', 'neutral')}"
    return locale.text(key, lang, surname=_surname(name))


def _surname(name: str) -> str:
    if _CHINESE.match(name):
        return name[:2] if name.startswith(_COMPOUND) and len(name) > 2 else name[0]
    words = name.split()
    # "Li, Anna" is written surname first in registers.
    return words[0].rstrip(",") if words[0].endswith(",") else words[-1]
