"""A mapping says what is wrong with it, where, and what would be right."""

import pytest

from workbench.customers import parse_mapping
from workbench.customers.mapping import TABLES
from workbench.errors import ImportProblem

HEAD = '[[file]]\npattern = "a.csv"\ntable = "customers"\n'
RULES = '[file.columns]\ncustomer_id = "id"\nkind = { constant = "retail" }\n'


def test_a_mapping():
    mapping = parse_mapping(
        HEAD
        + RULES
        + 'since = { from = ["d", "m"], type = "date", format = "%d %b", '
        + "first_year = 2008, after_contact = true }\n"
        + 'gender = { from = "g", codes = { 1 = "M", 2 = "F", 0 = "" } }\n'
    )
    (section,) = mapping.sections
    assert [rule.name for rule in section.columns] == ["customer_id", "kind", "since", "gender"]
    assert section.columns[0].kind == "id"
    assert section.columns[2].source == ("d", "m")
    assert section.columns[3].codes == {"1": "M", "2": "F", "0": ""}
    assert mapping.after_contact == ("customers.since",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[file]\n", "can't be read as TOML"),
        ("", "no \\[\\[file\\]\\] section"),
        ("[[files]]\n", 'unknown setting "files"'),
        ('[[file]]\ntable = "customers"\n', 'lacks the setting "pattern"'),
        (HEAD.replace("customers", "custmers") + RULES, "Nearest: customers"),
        (HEAD + 'encodng = "x"\n' + RULES, 'unknown setting "encodng" at a.csv. Known there: .*encoding'),
        (HEAD + 'encoding = "klingon"\n' + RULES, 'encoding at a.csv is "klingon"; allowed: utf-8'),
        (HEAD + "skip = true\n" + RULES, 'skip at a.csv is "True"; allowed: integer'),
        (HEAD + 'format = "pdf"\n' + RULES, "allowed: csv, excel, parquet"),
        (HEAD + '[file.columns]\nkind = "k"\n', "where the columns customer_id of customers come from"),
        (HEAD + RULES + "age = 5\n", 'age at a.csv is "5"'),
        (HEAD + RULES + "age = { unit = 'yuan' }\n", 'a.csv · age lacks the setting "from"'),
        (HEAD + RULES + "age = { from = 'a', unit = 'miles' }\n", 'unit at a.csv · age is "miles"'),
        (HEAD + RULES + "age = { from = 'a', type = 'float' }\n", "allowed: id, text, integer"),
        (HEAD + RULES + "age = { form = 'a' }\n", 'unknown setting "form" at a.csv · age'),
        (HEAD + RULES + "x = { from = { A = 'a' } }\n", 'lacks the setting "by"'),
        (
            HEAD + RULES.replace("retail", "private"),
            'constant at a.csv · kind is "private"; allowed: retail, corp',
        ),
        (HEAD + RULES + "gender = { from = 'g', codes = { 1 = 'male' } }\n", "allowed: F, M"),
        (HEAD.replace("customers", "events") + 'merge = "add"\n', "only columns of customers"),
        (
            HEAD.replace("customers", "feedback")
            + "[file.columns]\ncustomer_id = 'i'\nanswered_on = 'd'\nscor = 's'\n",
            'feedback has no column "scor" .*Nearest: score',
        ),
    ],
)
def test_what_is_wrong_is_said(text, sentence):
    with pytest.raises(ImportProblem, match=sentence) as caught:
        parse_mapping(text, "m.toml")
    # Both languages have the sentence, with the same places filled.
    assert "m.toml" in str(caught.value) or "feedback" in str(caught.value)
    assert "{" not in caught.value.message("zh_CN").replace("{table}", "")


def test_a_column_of_the_banks_own_needs_a_type_in_a_closed_table():
    head = HEAD.replace("customers", "feedback")
    rules = "[file.columns]\ncustomer_id = 'i'\nanswered_on = 'd'\n"
    mapping = parse_mapping(head + rules + "topic = { from = 't', type = 'text' }\n")
    assert mapping.sections[0].columns[-1].name == "topic"


def test_a_table_of_the_banks_own():
    mapping = parse_mapping(HEAD.replace("customers", "trial") + "own = true\n[file.columns]\narm = 'a'\n")
    assert mapping.sections[0].own


def test_every_raw_table_can_be_mapped():
    assert set(TABLES) == {
        "customers",
        "holdings",
        "transactions",
        "events",
        "feedback",
        "links",
        "campaign_history",
    }
