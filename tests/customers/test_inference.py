"""A guess never costs a digit, and a draft is a mapping."""

import pandas as pd
import pytest

from workbench.customers import guess_mapping, import_folder, parse_mapping
from workbench.customers.inference import canonical_name, guess_kind


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", ""], "number"),
        (["12,345.67", "1"], "number"),
        (["0012", "1"], "text"),
        (["0", "0.5"], "number"),
        (["110101199003071234"], "text"),
        (["NA", "1"], "text"),
        (["2026-09-30", ""], "date"),
        (["2026-09-30 08:00:00"], "timestamp"),
        (["30/09/2026"], "text"),
        (["20260930"], "number"),
        (["", ""], "text"),
        (["yes", "no"], "text"),
    ],
)
def test_guess_kind(cells, kind):
    assert guess_kind(pd.Series(cells, dtype="str")) == kind


def test_a_draft_imports_the_file_it_was_made_from(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(
        'Customer No;Opened;"Balance ""net""";年龄;name;name\n0012;2020-01-31;1,5;41;NA;x\n0013;;2;;李四;y\n',
        encoding="gb18030",
    )
    draft = guess_mapping(path)
    mapping = parse_mapping(draft)
    assert mapping.sections[0].encoding == "gb18030"
    result = import_folder(path, mapping)
    assert result.files["rows_loaded"].tolist() == [2]
    customers = result.tables["customers"]
    assert customers["customer_id"].tolist() == ["0012", "0013"]
    assert customers["name"].tolist() == ["NA", "李四"]
    assert customers["年龄"].tolist()[0] == 41.0
    assert customers["opened"].dtype == "datetime64[us]"


def test_a_draft_without_an_id_numbers_the_rows(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("age,job\n41,a\n41,a\n")
    result = import_folder(path, parse_mapping(guess_mapping(path)))
    assert result.tables["customers"]["customer_id"].tolist() == ["1", "2"]


def test_canonical_name():
    assert canonical_name("CustomerAge (yr.)") == "customer_age_yr"
