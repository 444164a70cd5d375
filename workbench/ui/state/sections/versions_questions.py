"""Labels that may follow into the newer segmentation: asked where it is doubtful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ParameterProblem

if TYPE_CHECKING:
    from workbench.ui.state.sections.versions import VersionsState


class Questions:
    """The open questions of one comparison, and the answers until they are stored.

    Answers are kept as a draft, so that a kernel's death loses none of them.

    Parameters
    ----------
    section : VersionsState
        Whose two versions are asked about.
    """

    def __init__(self, section: VersionsState) -> None:
        self._section = section

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a doubtful cluster: its name, its candidates, the answer so far."""
        section = self._section
        if not section.may_decide():
            return []
        answers = self.answers()
        found = section.once("questions", self._found)
        return [{**row, "answer": answers.get(str(row["cluster"]))} for row in found]

    def _found(self) -> list[dict[str, Any]]:
        section = self._section
        compared = section.compared
        own = compared.after.segments.set_index("cluster")
        borne = {str(name): int(str(cluster)) for cluster, name in own["segment"].items()}
        kept = self._draft().get("kept", {}).get(section.before, [])
        rows = []
        for match in self._matches().to_dict("records"):
            cluster = int(match["cluster"])
            name = str(own.at[cluster, "segment"])
            # A label that is already there answers the question; so does an earlier "keep".
            if match["decision"] == "new" or match["label"] == name or name in kept:
                continue
            candidates = [
                {
                    "segment": label,
                    "shown": section.names("before").get(label, label),
                    "similarity": similarity,
                    "exchanges": borne.get(label),
                }
                for label, similarity in match["candidates"]
                if label != name
            ]
            if candidates and not (match["decision"] == "ask" and match["candidates"][0][0] == name):
                rows.append(
                    {
                        "cluster": cluster,
                        "segment": name,
                        "shown": section.names("after").get(name, name),
                        "slot": section.slots("after").get(name, 0),
                        "n": int(match["n"]),
                        "basis": match["basis"],
                        "candidates": candidates,
                    }
                )
        return rows

    def _matches(self) -> pd.DataFrame:
        try:
            return self._section.compared.match_labels()
        except ParameterProblem:
            # Neither customers nor features in common: there is nothing to ask by.
            return pd.DataFrame(columns=["cluster", "label", "decision", "candidates"])

    def answers(self) -> dict[str, str]:
        """Return cluster → the label taken, empty for the name kept, of this comparison."""
        draft = self._draft()
        mine = [self._section.before, self._section.after]
        return dict(draft.get("answers", {})) if draft.get("pair") == mine else {}

    def answer(self, cluster: str, label: str) -> None:
        """Take a candidate's label for a cluster, or with an empty one keep its name.

        The same answer again takes it back. What is no open question is passed over.
        """
        section = self._section
        row = next((row for row in self.rows() if str(row["cluster"]) == cluster), None)
        if row is None or label not in {"", *(one["segment"] for one in row["candidates"])}:
            return
        answers = self.answers()
        if answers.get(cluster) == label:
            del answers[cluster]
        else:
            # A label has one place.
            answers = {c: taken for c, taken in answers.items() if not label or taken != label}
            answers[cluster] = label
        section.keep_draft({**self._draft(), "pair": [section.before, section.after], "answers": answers})
        section.touch()

    def taken(self) -> dict[int, str]:
        """Return cluster → label of the candidates taken."""
        return {int(cluster): label for cluster, label in self.answers().items() if label}

    def python(self) -> str:
        """Return the Python that stores the answers."""
        return f"{self._section.python()}.take_labels({self.taken()!r})"

    def store(self) -> None:
        """Store the labels taken as a new version, and remember the names kept.

        Raises
        ------
        ParameterProblem
            If nothing is answered.
        """
        section = self._section
        answers, taken = self.answers(), self.taken()
        if not answers:
            raise ParameterProblem("insight_versions.ask.pending")
        names = {str(row["cluster"]): str(row["segment"]) for row in self.rows()}
        kept = dict(self._draft().get("kept", {}))
        mine = [names[cluster] for cluster, label in answers.items() if not label and cluster in names]
        kept[section.before] = sorted({*kept.get(section.before, []), *mine})
        before = section.before
        stored = section.compared.take_labels(taken) if taken else None
        section.keep_draft({"kept": kept})
        if stored is None:
            section.load()
            section.say("done", "insight_versions.ask.kept")
            return
        section.screen.load()
        section.choose("after", str(stored.version))
        section.choose("before", before)
        section.say("done", "insight_versions.ask.stored", version=stored.version)

    def _draft(self) -> dict[str, Any]:
        return self._section.draft() or {}
