"""Rules are data: read strictly, tried in order, never run."""

from __future__ import annotations

import pytest

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.review import Condition, Rules, default_rules, read_rules
from workbench.review.rules import default_rules_text

LAST = '[[rules]]\nid = "R2"\naction = "undecided"\nreason = "review_room.reason.undecided"\n'


def test_rules_of_the_package_are_whole():
    rules = default_rules()
    assert rules.rules[-1].conditions == ()
    assert {rule.action for rule in rules.rules} == {"scale", "keep", "adjust", "stop", "undecided"}
    for lang in locale.LANGUAGES:
        assert {rule.reason for rule in rules.rules} == {
            key for key in locale.keys(lang) if key.startswith("review_room.reason.")
        }


def test_first_rule_that_holds_is_taken():
    rules = default_rules()
    proven = {"p_holm": 0.001, "uplift": 0.02, "ci_high": 0.03, "sample_ratio_p": 0.4}
    assert rules.first(proven | {"return_on_cost": 8.0}).id == "R1"
    assert rules.first(proven | {"return_on_cost": 1.5}).id == "R2"
    assert rules.first(proven).reason.endswith("keep_free")
    assert rules.first(proven | {"return_on_cost": 0.4}).id == "R3"
    assert rules.first(proven | {"return_on_cost": 8.0, "sample_ratio_p": 1e-6}).id == "R9"
    assert rules.first({"p_holm": 0.2, "uplift": -0.02, "ci_high": -0.001}).id == "R7"
    assert rules.first({}).id == "R6"


@pytest.mark.parametrize(
    ("op", "right", "holds"),
    [("<", 3, True), ("<=", 2, True), (">", 2, False), (">=", 2, True), ("==", 2, True), ("==", 3, False)],
)
def test_comparisons(op, right, holds):
    assert Condition("x", op, "value", right).holds({"x": 2}, {}) is holds
    assert Condition("x", op, "threshold", "t").holds({"x": 2}, {"t": right}) is holds
    assert Condition("x", op, "field_of", "y").holds({"x": 2, "y": right}, {}) is holds
    assert not Condition("x", op, "field_of", "y").holds({"x": 2, "y": float("nan")}, {})
    assert not Condition("x", op, "value", right).holds({"x": float("nan")}, {})


def test_missing_and_present():
    for missing in (None, float("nan"), ""):
        assert Condition("x", "missing").holds({"x": missing}, {})
        assert not Condition("x", "present").holds({"x": missing}, {})
    assert Condition("x", "present").holds({"x": 0.0}, {})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rules = [", "can't be read"),
        ("", "last rule must have no conditions"),
        ('[[rules]]\nid = "R1"\naction = "keep"\n', "lacks reason"),
        ('[[rules]]\nid = "R1"\naction = "pause"\nreason = "x"\n', "action must be one of"),
        ('[thresholds]\nalpha = "low"\n' + LAST, "threshold alpha must be a number"),
        (LAST + 'conditions = [{ field = "x", op = "!=", value = 1 }]\n', "a condition needs a field"),
        (LAST + 'conditions = [{ field = "x", op = "<" }]\n', "needs one of value"),
        (LAST + 'conditions = [{ field = "x", op = "<", value = "__import__" }]\n', "must be a number"),
        (
            LAST + 'conditions = [{ field = "x", op = "<", value = 1, field_of = "y" }]\n',
            "needs one of value",
        ),
        (LAST + 'conditions = [{ field = "x", op = "<", threshold = "nope" }]\n', "no threshold nope"),
        (LAST + 'conditions = [{ field = "x", op = "missing", value = 1 }]\n', "compares with nothing"),
        (LAST + 'conditions = [{ field = "x", op = "<", value = 1, unless = 3 }]\n', "a condition needs"),
        (LAST + 'conditions = [{ field = "n", op = "<", value = 1 }]\n', "last rule must have no conditions"),
        (LAST + 'conditions = [{ field = "p_hom", op = "<", value = 1 }]\n', "Is p_holm meant"),
        (LAST + 'change = { color = "red" }\n', "nothing in the next cycle is called color"),
        (LAST + 'change = { tier = "golden" }\n', "a value that makes sense"),
        (LAST + "change = { control_share = 1.5 }\n", "a value that makes sense"),
        (LAST + "change = { learn = 3 }\n", "a value that makes sense"),
        (LAST + "when = 3\n", '"when", which means nothing'),
        (LAST.replace(".undecided", ".undecidd"), "Is review_room.reason.undecided meant"),
        (LAST.replace('"review_room.reason.undecided"', '{ en = "{uplift}" }'), "its own sentence is needed"),
        (
            LAST.replace('"review_room.reason.undecided"', '{ en = "{n.__class__}", zh_CN = "{n}" }'),
            "nothing but figures in braces",
        ),
        ("[thresholds]\nalpha = 5\n" + LAST, "threshold alpha is 5; it must be 0 < … < 1"),
        ("[threshold]\nalpha = 0.5\n" + LAST, '"threshold" is not expected'),
        ("rules = 3", '"rules" is not expected'),
        (LAST + 'change = { a = { threshold = "nope" } }\n', "change a must be"),
    ],
)
def test_wrong_rules_are_said(text, sentence):
    with pytest.raises(ParameterProblem, match=sentence):
        read_rules(text)


def test_a_mistake_is_said_with_its_line():
    text = default_rules_text()
    lines = text.splitlines()
    at = next(n for n, line in enumerate(lines, 1) if 'field = "works_in", op' in line)
    lines[at - 1] = lines[at - 1].replace("works_in", "work_in")
    with pytest.raises(ParameterProblem) as caught:
        read_rules("\n".join(lines), "my.toml")
    assert f"my.toml, line {at}: rule R4: there is no figure" in str(caught.value)
    at = next(n for n, line in enumerate(lines, 1) if line.startswith("scale_factor"))
    with pytest.raises(ParameterProblem, match=f"line {at}: threshold scale_factor"):
        read_rules(text.replace("scale_factor = 1.5", 'scale_factor = "x"'))


def test_a_threshold_moves_in_the_text_too_and_its_comment_stays():
    rules = default_rules().with_thresholds(scale_return=4, alpha=0.01)
    assert "scale_return = 4      # return on 1 spent" in rules.text
    again = read_rules(rules.text)
    assert again == rules
    assert again.sha256 == rules.sha256 != default_rules().sha256
    assert len(rules.text.splitlines()) == len(default_rules_text().splitlines())


def test_rules_put_together_in_code_have_a_hash_of_their_content():
    rules = Rules({"alpha": 0.05}, default_rules().rules[-1:])
    assert rules.sha256 == Rules({"alpha": 0.05}, default_rules().rules[-1:]).sha256
    assert rules.sha256 != rules.with_thresholds(alpha=0.01).sha256


def test_thresholds_can_be_changed_and_only_known_ones():
    rules = default_rules().with_thresholds(scale_return=9)
    assert rules.first({"p_holm": 0.001, "uplift": 0.02, "return_on_cost": 8.0}).id == "R2"
    with pytest.raises(ParameterProblem, match='no threshold "scale_back"'):
        default_rules().with_thresholds(scale_back=9)
    with pytest.raises(ParameterProblem, match="must be a number"):
        default_rules().with_thresholds(scale_return=True)
