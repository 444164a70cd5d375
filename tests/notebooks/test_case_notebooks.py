"""The case notebooks run on real files or the sample bank, and what their page says is what they print."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.cases, pytest.mark.timeout(600)]

# What each page tells its reader, as the notebook's own output has it.
PRINTED = {
    "card_customers": (
        "No clusters: customers look like one cloud",
        "4547  0.261  0.061",
        "4276  0.079  0.537",
        "1304  0.077  0.162",
        "utilisation below 0.2 and transactions amount 12m below 7,000",
        "precision 0.95, coverage 0.90",
    ),
    "bank_marketing": (
        "1 of 5 indices say 4 clusters. Others: silhouette 8, Calinski-Harabasz 3, Davies-Bouldin 5, gap 1.",
        "100% have “home loan”",
        "99% have “single” as marital status",
        "14967  0.071",
        "12420  0.164",
        "10580   0.16",
        "7244  0.067",
        "precision 0.99, coverage 0.97",
        "learned from 31,648 calls, judged on 13,563 later ones",
        "logistic   False 0.719    0.709     0.729  0.200       0.228     0.609  0.664",
        "boosting    True 0.609    0.598     0.620  0.199       0.228     0.595  0.581",
        "1260           0.725     0.435   0.408    0.462",
        '"duration" is known only after the contact',
        "alone tells who responded (AUC 0.89) far better than all other columns together",
        "AUC with the leak 0.826, without 0.609",
    ),
    "hillstrom": (
        "chi-square 0.2025, p 0.904, alarm: False",
        "No E-Mail      visit 21306 0.106167",
        "Mens E-Mail      visit 21307 0.182757 0.076590 0.069953 0.083226",
        "Mens E-Mail      spend 21307 1.422617 0.769827 0.485140 1.054515",
        "Womens E-Mail      visit 21387 0.151400 0.045233 0.038893 0.051573",
        "Womens E-Mail conversion 21387 0.008837 0.003111",
        "Womens E-Mail      spend 21387 1.077202 0.424412 0.168957 0.679868 0.001129",
        "Womens E-Mail      spend 21387 1.077202  0.039490 -0.208137 0.287116 0.754610",
        "Womens E-Mail spend: +65.0% (+14.9% to +115.1%)",
        "Mens E-Mail: correlation 0.021, variance removed 0.04%, helps: False",
        "by history: are they alike? p 0.53, 0% of the scatter is no chance",
        "men's 9622  0.0111",
        "uplift         qini 0.0076  0.0054   0.0097",
        "uplift response  0.003   0.001   0.0053",
        "uplift         qini 0.0024  0.0006   0.0044",
        "uplift response -0.0014 -0.0033   0.0005",
        "uplift of the first half 0.0755, of the last half 0.0148",
        "radcliffe 0.0076",
        "scikit-uplift 0.0632",
        "causalml 0.1679",
        "Not answered yet.",
    ),
    "happy_retirees": (
        "are over 55 (others: 1 of 10)",
        'player 0 sees 2 of 9 ideas while the room is in "write"',
        "All your 3 votes are given. Take one back first.",
        "Nothing is measured that is called happiness",
        "Happy retirees: open, from a room",
        "['.html', '.xlsx'] minutes.export",
        'when it came to "group": 0 groups, 0 votes',
        'when it came to "decide": 3 groups, 12 votes',
    ),
    "script_coaching": (
        "45,211 customers, 124,956 calls, 11.7% said yes",
        "longest   11261  0.294",
        "never contacted before: 36954",
        "this must be said and confirmed",
        "('hello', 'need', 'offer', 'done') reached objected: ('I keep it for emergencies',)",
        "2,613 calls, 2,613 recorded, 0 left",
        "every total is the file's: True",
        "a second run records 0",
        "difference -1.6%, 95% from -5.7% to +2.5%, p 0.44",
        "verdict: open",
    ),
}
# Works on the sample bank.
SAMPLE = "happy_retirees"
# Exercises are answered as a page's notes for the trainer say.
ANSWERS = {
    SAMPLE: ("(3, 9)", 'set(ideas["idea_id"].iloc[[0, 6]])', '("churn", "lower")'),
    "script_coaching": ('{"contact", "pdays", "poutcome", "previous"}', '{"time_deposit"}', '"offer"'),
}


def _printed(notebook: nbformat.NotebookNode) -> str:
    found = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in found if output.output_type == "error"]
    return "\n".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in found
    )


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_a_case_runs_and_prints_what_its_page_says(
    request: pytest.FixtureRequest, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbclient import NotebookClient

    variable, needs = ("WORKBENCH_PROJECT", "walked") if name == SAMPLE else ("WORKBENCH_CASES", "cases")
    monkeypatch.setenv(variable, str(request.getfixturevalue(needs)))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    notebook = nbformat.read(ROOT / "notebooks" / "cases" / f"{name}.ipynb", as_version=4)
    answers = ANSWERS.get(name, ())
    if answers:
        asked = [cell for cell in notebook.cells if cell.source == "answer = None"]
        for cell, answer in zip(asked, answers, strict=True):
            cell.source = f"answer = {answer}"
    place = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, kernel_name="python3", timeout=600, resources=place).execute()
    text = _printed(notebook)
    for figure in PRINTED[name]:
        assert figure in text, figure
    assert text.count("Right.") == len(answers)


def test_every_case_is_tested() -> None:
    assert {path.stem for path in (ROOT / "notebooks" / "cases").glob("*.ipynb")} == set(PRINTED)
