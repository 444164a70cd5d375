"""Every string of the screens is in both languages, exists where it is used, and is used."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from pathlib import Path

import pytest

from workbench import locale

ROOT = Path(__file__).resolve().parents[2] / "workbench"
EN, ZH = ({key: locale.text(key, lang) for key in locale.keys(lang)} for lang in ("en", "zh_CN"))
ROOMS = {path.stem for path in (ROOT / "locale" / "en").glob("*.toml")}
KEY = re.compile(rf"(?:{'|'.join(sorted(ROOMS))})(?:\.[a-z0-9_]+)+")
# Calls whose first argument is a key; classes of errors besides.
LOOKUPS = {"text", "t", "say", "tell", "translate", "WorkbenchError"}
SAME_IN_BOTH = {
    # key: why it is the same in Chinese
    "charts.index.calinski_harabasz_score": "named after people",
    "charts.index.davies_bouldin_score": "named after people",
    "charts.index.gap": "the statistic's name",
    "insight.bench.algorithm.kmeans": "the algorithm's name",
}


def placeholders(message: str) -> set[str]:
    """Names of the values that a message takes."""
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


def error_classes() -> set[str]:
    """Names of the errors that take a key."""
    from workbench import errors

    return {name for name in dir(errors) if isinstance(getattr(errors, name), type)} - {"Any"}


class Uses:
    """What keys a module's source uses."""

    def __init__(self, source: str) -> None:
        self.literals: set[str] = set()
        self.looked_up: set[str] = set()
        self.built: set[str] = set()
        self.prefixes: set[str] = set()
        tree = ast.parse(source)
        names = LOOKUPS | error_classes()
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if KEY.fullmatch(node.value):
                    self.literals.add(node.value)
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "MESSAGE_PREFIXES":
                self.prefixes |= set(ast.literal_eval(node.value))
            elif isinstance(node, ast.Call) and node.args:
                called = ast.unparse(node.func).split(".")[-1]
                if called in names or called.endswith(("Problem", "_text")):
                    self._look_up(node.args[0])

    def _look_up(self, argument: ast.expr) -> None:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            if KEY.fullmatch(argument.value):
                self.looked_up.add(argument.value)
        elif isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
            begin = str(argument.values[0].value)
            if begin.split(".")[0] in ROOMS and "." in begin:
                self.built.add(begin)


def python_uses() -> dict[Path, Uses]:
    """Uses of every module."""
    return {path: Uses(path.read_text(encoding="utf-8")) for path in sorted(ROOT.rglob("*.py"))}


def other_uses() -> set[str]:
    """Keys that the package's templates, scripts and tables name."""
    found: set[str] = set()
    for path in ROOT.rglob("*"):
        is_text = path.suffix in {".html", ".j2", ".js", ".toml"} and path.parents[1] != ROOT / "locale"
        # The charts' bundle is machine-made and names none of ours.
        if is_text and path.stat().st_size < 500_000:
            found |= set(KEY.findall(path.read_text(encoding="utf-8")))
    return found


PYTHON = python_uses()
PREFIXES = tuple(sorted(prefix for uses in PYTHON.values() for prefix in uses.prefixes))


def test_both_languages_have_the_same_keys() -> None:
    assert set(EN) - set(ZH) == set()
    assert set(ZH) - set(EN) == set()


def test_both_languages_take_the_same_values() -> None:
    differ = [key for key in EN if key in ZH and placeholders(EN[key]) != placeholders(ZH[key])]
    assert differ == []


def test_every_value_is_text_and_formats() -> None:
    for messages in (EN, ZH):
        for key, message in messages.items():
            assert isinstance(message, str), key
            assert message.strip(), key
            filled = message.format(**dict.fromkeys(placeholders(message), 1))
            assert not re.search(r"TODO|FIXME|XXX|\?\?", filled), key


def test_every_key_is_used() -> None:
    used = {literal for uses in PYTHON.values() for literal in uses.literals} | other_uses()
    unused = [key for key in sorted(EN) if key not in used and not key.startswith(PREFIXES)]
    assert unused == []


def test_every_used_key_exists() -> None:
    absent = []
    for path, uses in PYTHON.items():
        absent += [f"{path.relative_to(ROOT)}: {key}" for key in sorted(uses.looked_up - set(EN))]
        for begin in uses.built:
            if not begin.startswith(PREFIXES):
                absent.append(f"{path.relative_to(ROOT)}: {begin}… is built; declare it in MESSAGE_PREFIXES")
    assert absent == []


def test_every_declared_prefix_has_keys() -> None:
    empty = [
        f"{path.relative_to(ROOT)}: {prefix}"
        for path, uses in PYTHON.items()
        for prefix in uses.prefixes
        if not any(key.startswith(prefix) for key in EN)
    ]
    assert empty == []


def bare(message: str) -> str:
    """The message without what stays as it is: placeholders, markup and code."""
    return re.sub(r"\{[^}]*\}|<[^>]+>|`[^`]+`", " ", message)


def is_left_over(key: str, english: str, chinese: str) -> bool:
    """Whether a Chinese message was never translated."""
    if key in SAME_IN_BOTH:
        return False
    says_something = re.search(r"[A-Za-z]{3,}", bare(english))
    has_chinese = re.search(r"[\u4e00-\u9fff]", bare(chinese))
    return bool(says_something) and not has_chinese


def test_every_chinese_message_is_chinese() -> None:
    left = [key for key in sorted(ZH) if key in EN and is_left_over(key, EN[key], ZH[key])]
    assert left == []


def test_no_english_sentence_stands_in_a_chinese_message() -> None:
    sentence = re.compile(r"(?:\b[a-z]+\b[ ,]+){6,}", re.I)
    assert [key for key in sorted(ZH) if sentence.search(bare(ZH[key]))] == []


def test_no_chinese_stands_in_an_english_message() -> None:
    found = [key for key in sorted(EN) if re.search(r"[\u4e00-\u9fff]", EN[key])]
    # A control for the Chinese text of something names it in Chinese.
    assert [key for key in found if not key.endswith(("_zh", "language", ".lang"))] == []


def test_files_of_both_languages_pair() -> None:
    names = [{path.name for path in (ROOT / "locale" / lang).glob("*.toml")} for lang in ("en", "zh_CN")]
    assert names[0] == names[1]
    for lang in ("en", "zh_CN"):
        for path in (ROOT / "locale" / lang).glob("*.toml"):
            tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("english", "chinese", "expected"),
    [
        ("Close", "Close", True),
        ("{n} rows", "{n} 行", False),
        ("{a} – {b}", "{a} – {b}", False),
        ("OK", "OK", False),
    ],
)
def test_a_left_over_is_found(english: str, chinese: str, expected: bool) -> None:
    assert is_left_over("room.key", english, chinese) is expected


def test_uses_are_found() -> None:
    source = (
        'raise ParameterProblem("shell.stage.insight", n=1)\n'
        'text(f"shell.stage.{name}", lang)\n'
        'MESSAGE_PREFIXES = ("shell.stage.",)\n'
        'x = "shell.name"\n'
    )
    uses = Uses(source)
    assert uses.looked_up == {"shell.stage.insight"}
    assert uses.built == {"shell.stage."}
    assert uses.prefixes == {"shell.stage."}
    assert uses.literals >= {"shell.stage.insight", "shell.name"}
