"""Groups of ideas that use the same words, as a proposal; Chinese and English alike.

Nothing is downloaded and nothing is learned: ideas are compared by the short runs of
characters that they share. That finds the same words and their forms. It does not know
that two different words mean the same: people change the proposal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.tables import ROOM_IDEAS

MOST_IDEAS = 2_000
SIMILAR = 0.16
"""Mean similarity from which two groups become one."""
SAME = 0.8
"""Similarity from which two ideas say the same."""
_NAME = 40
_WORDS = re.compile(
    r"\b(?:an?|and|are|as|at|be|been|by|can|could|does?|for|from|had|has|have|her?|his|how|if|i|into|in|its?|is|"
    r"may|more|my|not?|of|on|or|our|out|she|should|so|than|that|their|them|then|there|these|they|the|this|to|"
    r"up|us|was|were|we|what|when|which|who|will|with|would|your?)\b"
)
_PARTICLES = re.compile("[的了着过在是和与及或就都也还很吗呢吧啊]")
_CHINESE = re.compile("([\u3400-\u9fff\uf900-\ufaff]+)")
_NO_WORD = re.compile(r"[^\w]+", re.UNICODE)

Similarity = npt.NDArray[np.float64]


def propose_idea_groups(ideas: pd.DataFrame, *, similar: float = SIMILAR, same: float = SAME) -> pd.DataFrame:
    """Propose which ideas belong together, by the runs of characters they share.

    Ideas are written alike first (full-width forms, capitals, punctuation), words that
    carry no meaning are left out. What remains is compared by the cosine of its runs of
    two to four characters within words, the rarer the heavier (TF-IDF), and joined while
    the mean similarity between two groups is at least `similar` (average linkage). The
    same ideas give the same proposal, in whatever order they come.

    Parameters
    ----------
    ideas : pandas.DataFrame
        Table `ROOM_IDEAS`.
    similar : float, default=0.16
        Mean similarity, 0 to 1, from which two groups become one.
    same : float, default=0.8
        Similarity from which an idea counts as a repeat of an earlier one.

    Returns
    -------
    pandas.DataFrame
        One row an idea, in the order given: idea_id, group (0, 1 …, the largest group first;
        missing for an idea that stands alone), name (of the group: its most central idea,
        shortened), repeats (idea_id of the earlier idea that says the same; missing for
        none).

    Raises
    ------
    TableProblem
        If the ideas do not fit.
    ParameterProblem
        If there are more than 2,000 ideas, or a similarity does not lie between 0 and 1.

    References
    ----------
    .. [1] Manning, C. D., Raghavan, P., Schütze, H. (2008). Introduction to Information
       Retrieval, chapters 6 and 17.

    Examples
    --------
    >>> ideas = pd.DataFrame(
    ...     {
    ...         "idea_id": [1, 2, 3],
    ...         "text": ["Call before the deposit matures", "Call when a deposit matures", "发放生日礼物"],
    ...         "side": ["head_office"] * 3,
    ...         "group_id": pd.array([None] * 3, dtype="Int64"),
    ...         "votes": [0, 0, 0],
    ...     }
    ... ).astype({"text": "str", "side": "str"})
    >>> propose_idea_groups(ideas)["group"].tolist()
    [0, 0, <NA>]
    """
    ROOM_IDEAS.check(ideas)
    _check(ideas, similar, same)
    order = np.argsort(ideas["idea_id"].to_numpy(), kind="stable")
    texts = [str(text) for text in ideas["text"].to_numpy()[order]]
    numbers = ideas["idea_id"].to_numpy()[order]
    alike = _similarity(texts)
    labels = _join(alike, similar)
    group, name = _ranked(texts, labels, alike)
    repeats = _repeats(texts, numbers, alike, same)
    proposal = pd.DataFrame(
        {
            "idea_id": numbers,
            "group": pd.array(group, dtype="Int64"),
            "name": pd.Series(name, dtype="str"),
            "repeats": pd.array(repeats, dtype="Int64"),
        }
    )
    return proposal.set_index("idea_id").loc[ideas["idea_id"].to_numpy()].reset_index()


def find_duplicate_ideas(ideas: pd.DataFrame, *, same: float = SAME) -> pd.DataFrame:
    """Find pairs of ideas that say the same in nearly the same words.

    Parameters
    ----------
    ideas : pandas.DataFrame
        Table `ROOM_IDEAS`.
    same : float, default=0.8
        Similarity, 0 to 1, from which a pair counts; see `propose_idea_groups`.

    Returns
    -------
    pandas.DataFrame
        idea_id, repeats (the earlier idea), similarity; the most similar first.

    Raises
    ------
    TableProblem
        If the ideas do not fit.
    ParameterProblem
        If there are more than 2,000 ideas, or the similarity does not lie between 0 and 1.

    Examples
    --------
    >>> ideas = pd.DataFrame(
    ...     {
    ...         "idea_id": [1, 2],
    ...         "text": ["到期前打电话", "到期前打电话！"],
    ...         "side": ["head_office"] * 2,
    ...         "group_id": pd.array([None] * 2, dtype="Int64"),
    ...         "votes": [0, 0],
    ...     }
    ... ).astype({"text": "str", "side": "str"})
    >>> find_duplicate_ideas(ideas)[["idea_id", "repeats"]].values.tolist()
    [[2, 1]]
    """
    ROOM_IDEAS.check(ideas)
    _check(ideas, 0.5, same)
    order = np.argsort(ideas["idea_id"].to_numpy(), kind="stable")
    texts = [str(text) for text in ideas["text"].to_numpy()[order]]
    numbers = ideas["idea_id"].to_numpy()[order]
    alike = _similarity(texts)
    later, earlier = np.nonzero(np.tril(alike >= same, -1))
    found = pd.DataFrame(
        {
            "idea_id": numbers[later],
            "repeats": numbers[earlier],
            "similarity": alike[later, earlier],
        }
    )
    return found.sort_values("similarity", ascending=False, kind="stable", ignore_index=True)


def _check(ideas: pd.DataFrame, similar: float, same: float) -> None:
    if len(ideas) > MOST_IDEAS:
        raise ParameterProblem("rooms.error.too_many_ideas", n=len(ideas), most=MOST_IDEAS)
    for value in (similar, same):
        if not 0 < value <= 1:
            raise ParameterProblem("rooms.error.similarity", value=value)


def plain_words(text: str) -> str:
    """Return what of a text is compared: words in small letters, without what carries no meaning.

    Examples
    --------
    >>> plain_words("Call them BEFORE the deposit matures!"), plain_words("在存款到期之前打电话。")
    ('call before deposit matures', '存款到期之前打电话')
    """
    flat = unicodedata.normalize("NFKC", text).casefold()
    kept = " ".join(_PARTICLES.sub("", _WORDS.sub(" ", _NO_WORD.sub(" ", flat))).split())
    # Of a text that is nothing else, all of it is compared.
    return kept or " ".join(flat.split())


def character_runs(words: str) -> list[str]:
    """Return the runs of characters that a text of `plain_words` is compared by.

    Of words in letters two to four characters with the words' edges; of Chinese, where a
    character is half a word, one to three.

    Examples
    --------
    >>> character_runs("a 到期")
    [' a', 'a ', ' a ', '到', '期', '到期']
    """
    found: list[str] = []
    for word in words.split():
        for part in _CHINESE.split(word):
            if not part:
                continue
            shortest, longest, cells = (1, 3, part) if _CHINESE.match(part) else (2, 4, f" {part} ")
            for length in range(shortest, longest + 1):
                found += [cells[i : i + length] for i in range(len(cells) - length + 1)]
    return found


def _similarity(texts: Sequence[str]) -> Similarity:
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = [plain_words(text) for text in texts]
    if not words:
        return np.zeros((0, 0))
    runs = TfidfVectorizer(analyzer=character_runs, sublinear_tf=True)
    try:
        weights = runs.fit_transform(words)
    except ValueError:
        # Nothing but single signs.
        weights = None
    n = len(words)
    alike = np.zeros((n, n)) if weights is None else np.asarray((weights @ weights.T).todense())
    equal = np.array([[a == b for b in words] for a in words])
    alike = np.where(equal, 1.0, np.clip(alike, 0.0, 1.0))
    np.fill_diagonal(alike, 1.0)
    return alike


def _join(alike: Similarity, similar: float) -> npt.NDArray[np.intp]:
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    n = len(alike)
    if n < 2:
        return np.zeros(n, dtype=np.intp)
    apart = 1.0 - alike
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(apart, checks=False), method="average")
    return np.asarray(fcluster(tree, 1.0 - similar + 1e-12, criterion="distance") - 1, dtype=np.intp)


def _ranked(
    texts: Sequence[str], labels: npt.NDArray[np.intp], alike: Similarity
) -> tuple[list[int | None], list[str]]:
    """Return each idea's group, the largest first, and the group's name: its most central idea."""
    members = {label: np.flatnonzero(labels == label) for label in dict.fromkeys(labels.tolist())}
    kept = [rows for rows in members.values() if len(rows) > 1]
    kept.sort(key=lambda rows: (-len(rows), int(rows[0])))
    group: list[int | None] = [None] * len(texts)
    name = [""] * len(texts)
    for number, rows in enumerate(kept):
        inside = alike[np.ix_(rows, rows)].sum(axis=1)
        central = texts[int(rows[int(np.argmax(np.round(inside, 9)))])]
        short = central if len(central) <= _NAME else central[: _NAME - 1].rstrip() + "…"
        for row in rows:
            group[int(row)], name[int(row)] = number, " ".join(short.split())
    return group, name


def _repeats(
    texts: Sequence[str], numbers: npt.NDArray[np.int64], alike: Similarity, same: float
) -> list[int | None]:
    found: list[int | None] = []
    for row in range(len(texts)):
        earlier = np.flatnonzero(alike[row, :row] >= same)
        found.append(int(numbers[earlier[0]]) if len(earlier) else None)
    return found
