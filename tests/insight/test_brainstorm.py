"""Groups of ideas by the words they share, two sides compared, and a room replayed."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from workbench.errors import ParameterProblem, TableProblem
from workbench.insight.brainstorm import (
    compare_sides,
    find_duplicate_ideas,
    propose_idea_groups,
    replay_moves,
)
from workbench.insight.brainstorm.affinity import _similarity, character_runs, plain_words

# What a room could write, and what each is about.
ENGLISH = (
    ("Call before the deposit matures, not after", "time"),
    ("Remind them two weeks before the deposit matures", "time"),
    ("Phone call when a large withdrawal happens", "withdrawal"),
    ("Teller greets by name after a large withdrawal", "withdrawal"),
    ("Large-print statement with one phone number", "print"),
    ("Bigger print on the statements", "print"),
    ("Health lecture at the branch, bring a friend", "health"),
    ("Health talk with a doctor at the branch", "health"),
    ("Children live away: joint visit with family", "family"),
    ("Invite the children to a family visit at the branch", "family"),
    ("Longer term with monthly interest paid out", "rate"),
    ("A better interest rate for longer terms", "rate"),
    ("Match the interest rate of the bank across the street", "rate"),
    ("Free parking", "parking"),
)
CHINESE = (
    ("存款到期前打电话，而不是到期后", "time"),
    ("到期前两周提醒客户存款到期", "time"),
    ("大额取款后柜员主动问候", "withdrawal"),
    ("客户大额取款时理财经理打电话了解原因", "withdrawal"),
    ("对账单字体放大，只留一个电话", "print"),
    ("大字版对账单", "print"),
    ("网点办健康讲座，可带朋友", "health"),
    ("请医生到网点办健康讲座", "health"),
    ("子女在外地，邀请家人一起视频面谈", "family"),
    ("邀请子女和家人一起来网点", "family"),
    ("期限更长、按月付息的存款", "rate"),
    ("长期限存款提高利率，按月付息", "rate"),
    ("利率与隔壁银行看齐", "rate"),
    ("免费停车", "parking"),
)


def _ideas(texts: Sequence[str], **columns: Sequence[object]) -> pd.DataFrame:
    n = len(texts)
    frame = pd.DataFrame(
        {
            "idea_id": range(1, n + 1),
            "text": list(texts),
            "side": columns.get("side", ["head_office"] * n),
            "group_id": pd.array(list(columns.get("group_id", [None] * n)), dtype="Int64"),
            "votes": columns.get("votes", [0] * n),
        }
    )
    return frame.astype({"text": "str", "side": "str", "idea_id": "int64", "votes": "int64"})


def _agreement(said: Sequence[tuple[str, str]], proposal: pd.DataFrame) -> float:
    alone = [f"alone {i}" if pd.isna(g) else str(g) for i, g in enumerate(proposal["group"])]
    return float(adjusted_rand_score([about for _, about in said], alone))


@pytest.mark.parametrize(("said", "at_least"), [(ENGLISH, 0.95), (CHINESE, 0.8)], ids=["en", "zh"])
def test_ideas_about_the_same_are_proposed_together(said: Sequence[tuple[str, str]], at_least: float) -> None:
    proposal = propose_idea_groups(_ideas([text for text, _ in said]))
    assert _agreement(said, proposal) > at_least
    # The one idea that has nothing to do with the others stands alone.
    assert proposal["group"].isna().tolist()[-1]
    assert set(proposal.dropna(subset=["group"])["name"]) <= {text for text, _ in said} | {
        name for name in proposal["name"] if name.endswith("…")
    }


def test_two_languages_in_one_room_do_not_mix() -> None:
    said = [*ENGLISH, *((text, f"{about} zh") for text, about in CHINESE)]
    proposal = propose_idea_groups(_ideas([text for text, _ in said]))
    assert _agreement(said, proposal) > 0.85
    english = proposal["idea_id"] <= len(ENGLISH)
    assert set(proposal["group"][english].dropna()).isdisjoint(proposal["group"][~english].dropna())


def test_the_order_of_ideas_changes_nothing() -> None:
    ideas = _ideas([text for text, _ in (*ENGLISH, *CHINESE)])
    proposal = propose_idea_groups(ideas).set_index("idea_id")
    shuffled = ideas.sample(frac=1, random_state=3).reset_index(drop=True)
    again = propose_idea_groups(shuffled)
    assert again["idea_id"].tolist() == shuffled["idea_id"].tolist()
    pd.testing.assert_frame_equal(again.set_index("idea_id").sort_index(), proposal)


def test_similarity_is_the_cosine_of_tf_idf_reckoned_by_hand() -> None:
    texts = ["deposit matures", "deposit rate", "利率", "存款利率"]
    runs = [character_runs(plain_words(text)) for text in texts]
    n = len(texts)
    # scikit-learn's: idf = log((1 + n) / (1 + df)) + 1, tf = 1 + log(count).
    rare = {run: log((1 + n) / (1 + sum(run in r for r in runs))) + 1 for mine in runs for run in mine}
    weights = [{run: (1 + log(mine.count(run))) * rare[run] for run in set(mine)} for mine in runs]

    def cosine(a: dict[str, float], b: dict[str, float]) -> float:
        length = sqrt(sum(w * w for w in a.values()) * sum(w * w for w in b.values()))
        return sum(a[run] * b[run] for run in a.keys() & b.keys()) / length

    by_hand = [[cosine(a, b) for b in weights] for a in weights]
    assert _similarity(texts) == pytest.approx(np.array(by_hand), abs=1e-12)


def test_average_linkage_agrees_with_joining_by_hand() -> None:
    rng = np.random.default_rng(0)
    words = [f"{a}{b}{c}" for a in "aeiou" for b in "klm" for c in "rst"]
    for _ in range(20):
        texts = [" ".join(rng.choice(words, 3)) for _ in range(8)]
        alike = _similarity(texts)
        groups = [[i] for i in range(8)]
        while len(groups) > 1:
            pairs = [
                (-alike[np.ix_(a, b)].mean(), i, j)
                for i, a in enumerate(groups)
                for j, b in enumerate(groups)
                if i < j
            ]
            best, i, j = min(pairs)
            if -best < 0.16:
                break
            groups[i] += groups.pop(j)
        expected = {frozenset(g) for g in groups if len(g) > 1}
        found = propose_idea_groups(_ideas(texts))["group"]
        assert {frozenset(np.flatnonzero(found.eq(g).fillna(False))) for g in found.dropna()} == expected


def test_repeats_are_found_and_name_the_earlier_idea() -> None:
    texts = [
        "Call before it matures",
        "call BEFORE it matures!",
        "Ｃａｌｌ before it matures",
        "到期前打电话",
    ]
    ideas = _ideas([*texts, "到期前打电话。"])
    assert propose_idea_groups(ideas)["repeats"].tolist() == [pd.NA, 1, 1, pd.NA, 4]
    pairs = find_duplicate_ideas(ideas)
    assert set(map(tuple, pairs[["idea_id", "repeats"]].to_numpy())) == {(2, 1), (3, 1), (3, 2), (5, 4)}
    assert pairs["similarity"].tolist() == [1.0] * 4


@pytest.mark.parametrize(
    "texts", [[], ["Alone"], ["!", "?"], ["a", "b"], ["the of", "的了"], ["👵🏽", "👵🏽"]]
)
def test_little_to_compare_is_no_fault(texts: list[str]) -> None:
    ideas = _ideas(texts)
    proposal = propose_idea_groups(ideas)
    assert len(proposal) == len(texts)
    assert len(find_duplicate_ideas(ideas)) == int(len(texts) == 2 and texts[0] == texts[1])


def test_bad_input_is_said() -> None:
    with pytest.raises(ParameterProblem, match="2001 ideas are too many"):
        propose_idea_groups(_ideas(["x"] * 2_001))
    with pytest.raises(ParameterProblem, match="similarity of 0"):
        propose_idea_groups(_ideas(["x"]), similar=0)
    with pytest.raises(TableProblem):
        propose_idea_groups(pd.DataFrame({"text": ["x"]}))


# Two sides ------------------------------------------------------------------------


def test_two_sides_agree_with_counting_by_hand() -> None:
    ideas = _ideas(
        ["Call", "Phone", "Rate", "Parking", "Lecture"],
        side=["head_office", "Branch 12", "head_office", "Branch 08", "Branch 12"],
        group_id=[1, 1, 2, None, 99],
        votes=[3, 2, 4, 1, 0],
    )
    groups = pd.DataFrame({"group_id": [1, 2], "name": pd.Series(["In time", "Money"], dtype="str")})
    found = compare_sides(ideas, groups).set_index("name")
    assert found.index.tolist() == ["In time", "Money", "Parking", "Lecture"]
    assert found["seen_by"].tolist() == ["both", "head_office", "branch", "branch"]
    assert found.loc["In time", ["n_head_office", "n_branch", "votes"]].tolist() == [1, 1, 5]
    assert found.loc["In time", "gap"] == pytest.approx(1 / 2 - 1 / 3)
    assert found.loc["Money", "gap"] == pytest.approx(1 / 2)
    # A group that is gone leaves its idea alone.
    assert pd.isna(found.loc["Lecture", "group_id"])


def test_a_side_that_wrote_nothing_has_no_share() -> None:
    groups = pd.DataFrame({"group_id": pd.Series([], dtype="int64"), "name": pd.Series([], dtype="str")})
    found = compare_sides(_ideas(["Call"]), groups)
    assert found["share_branch"].isna().all()
    assert found["gap"].isna().all()
    assert found["seen_by"].tolist() == ["head_office"]
    assert len(compare_sides(_ideas([]), groups)) == 0


# Replay ---------------------------------------------------------------------------


def test_moves_that_are_not_whole_are_said() -> None:
    vote = {"move_id": 7, "person_id": 1, "action": "vote", "content": {"idea_id": 3}}
    with pytest.raises(ParameterProblem, match=r"move 7 \(vote\) speaks of 3"):
        replay_moves([vote])
    with pytest.raises(ParameterProblem, match="sing"):
        replay_moves([{"move_id": 1, "person_id": 1, "action": "sing", "content": {}}])
