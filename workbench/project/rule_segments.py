"""Segments and rules: a segment told as a rule, and rules approved as segments."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem

if TYPE_CHECKING:
    from workbench.insight import ClusterRule, RuleEvaluation, RuleSet
    from workbench.project.handle import Project
    from workbench.project.rulebook import StoredRules
    from workbench.project.segmentation import Segmentation
    from workbench.store.artefacts import Artefacts

SEGMENT_RULES = "segment_rules"
SEGMENT_RULE_COLUMNS = (
    "cluster",
    "rule_json",
    "formula",
    "precision",
    "precision_low",
    "precision_high",
    "coverage",
    "coverage_low",
    "coverage_high",
    "n_held_out",
    "n_learned",
    "precision_exact",
    "coverage_exact",
)


class RuleSegments:
    """What a `Rulebook` does with segments."""

    _project: Project
    _artefacts: Artefacts
    # What `Rulebook` brings.
    current: Callable[[], RuleSet | None]
    save: Callable[..., StoredRules]
    evaluate: Callable[..., RuleEvaluation]

    def approve(self, rules: RuleSet | None = None, note: str = "") -> Segmentation:
        r"""Approve a rule set as the cycle's segmentation: it is a new version of it.

        Each customer's segment is that of the first rule that takes them, and the rule
        set's ``otherwise`` where none does. The next cycle applies the same rules.

        Parameters
        ----------
        rules : RuleSet, optional
            By default those in force.
        note : str, default=""
            Why.

        Returns
        -------
        Segmentation
            Its ``model`` holds the rules.

        Raises
        ------
        ParameterProblem
            If there is no rule, or one asks for a column that the portrait does not have.
        NotAllowed
            If the role may not approve.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> import workbench as wb
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> text = "\n".join(["id,age", *(f"{i},{20 + i % 60}" for i in range(120))])
        >>> _ = (folder / "people.csv").write_text(text)
        >>> columns = '[file.columns]\ncustomer_id = "id"\nage = "age"\nkind = { constant = "retail" }\n'
        >>> mapping = '[[file]]\npattern = "people.csv"\ntable = "customers"\n' + columns
        >>> _ = (folder / "mapping.toml").write_text(mapping)
        >>> project = wb.create_project(folder / "bank")
        >>> _ = project.import_files(folder, snapshot_date="2026-09-30")
        >>> rules = wb.RuleSet([wb.Rule("Older", wb.Condition("age", ">=", 60))])
        >>> approved = project.insight.approve_rules(rules)
        >>> approved.segments[["segment", "n"]].values.tolist()
        [['Other customers', 80], ['Older', 40]]
        >>> project.insight.rules.evaluation().evaluation.n_gap
        80
        """
        from workbench.insight import build_features
        from workbench.insight.rules import RuleSegmenter
        from workbench.project.segmentation import label_rows, model_of

        project, insight = self._project, self._project.insight
        chosen = self.current() if rules is None else rules
        if chosen is None or not len(chosen):
            raise ParameterProblem("insight_rules.error.nothing_to_approve")
        customers = project.customers()
        features = build_features(customers)
        segmenter = RuleSegmenter(chosen, customers, [str(name) for name in features.columns])
        stored = self.save(chosen, note)
        numbers = pd.Series(segmenter.predict(features), index=features.index)
        names = segmenter.labels()
        before = insight.artefact()
        now = None if before is None else insight.segmentation()
        # The picture is of the customers, whoever divides them.
        picture = (
            {}
            if now is None
            else {
                name: table
                for name, table in insight.tables_of(now).items()
                if name in ("embedding", "everyone")
            }
        )
        portrait = project.imports.portrait()
        kept = self._artefacts.save(
            "features",
            {"features": features.rename_axis("customer_id").reset_index()},
            cycle_id=project.need_cycle().cycle_id,
            inputs=[portrait.artefact_id] if portrait else [],
            summary={"n": len(features), "n_features": features.shape[1]},
        )
        approved = insight._store(
            pd.DataFrame({"customer_id": features.index.astype("str"), "cluster": numbers.to_numpy()}),
            label_rows(names, sorted(set(numbers))),
            insight.described(features, numbers) | picture,
            model_of(segmenter),
            None if now is None else now.embedding_info,
            inputs=[kept.artefact_id, stored.artefact_id],
            seed=None,
            note=note,
            renamed={},
        )
        self.evaluate()
        return approved

    def learn(self, segment: str | int, *, max_depth: int = 3, random_state: int = 0) -> ClusterRule:
        """Tell a segment of the approved segmentation as a rule; see `workbench.learn_rule`.

        Parameters
        ----------
        segment : str or int
            Its label, or its cluster.
        max_depth : int, default=3
            Most questions of the tree.
        random_state : int, default=0
            Seed.

        Raises
        ------
        NotFound
            If nothing is approved, or there is no such segment.
        ParameterProblem
            If it has too few customers.
        """
        from workbench.insight import learn_rule

        segmentation = self._project.insight.segmentation()
        rows = segmentation.segments
        mine = rows[(rows["segment"] == segment) | (rows["cluster"] == segment)]
        if mine.empty:
            known = ", ".join(rows["segment"])
            raise NotFound("insight_rules.error.no_segment", segment=segment, known=known)
        row = mine.iloc[0]
        labels = segmentation.membership.set_index("customer_id")["cluster"]
        return learn_rule(
            self._project.customers(),
            labels,
            int(row["cluster"]),
            name=str(row["segment"])[:60],
            segment_zh=_text(row.get("segment_zh"))[:60],
            max_depth=max_depth,
            random_state=random_state,
        )

    def learn_segments(self, segmentation: Segmentation | None = None) -> pd.DataFrame:
        """Tell every segment of a segmentation as a rule, and store what was found.

        Where only labels changed since, nothing is learned again.

        Parameters
        ----------
        segmentation : Segmentation, optional
            By default the cycle's newest.

        Returns
        -------
        pandas.DataFrame
            As `segment_rules`; segments that can't be told are left out.
        """
        from workbench.insight.rules import learn_rules

        now = segmentation or self._project.insight.segmentation()
        known = self._segment_rules(now)
        if known is not None:
            return known
        rows = now.segments
        names = {
            int(str(row.cluster)): (str(row.segment)[:60], _text(getattr(row, "segment_zh", ""))[:60])
            for row in rows.itertuples()
        }
        labels = now.membership.set_index("customer_id")["cluster"]
        found = learn_rules(self._project.customers(), labels, list(names), names=names)
        table = _segment_rule_table([one for one in found.values() if not isinstance(one, ParameterProblem)])
        portrait = self._project.imports.portrait()
        self._artefacts.save(
            SEGMENT_RULES,
            {"segment_rules": table},
            cycle_id=now.cycle_id,
            inputs=[now.artefact_id, *([portrait.artefact_id] if portrait else [])],
            seed=0,
            summary={"members": _members(now), "n": len(table)},
        )
        return table

    def segment_rules(self) -> pd.DataFrame:
        """Return the stored rule of each segment of the newest segmentation.

        Returns
        -------
        pandas.DataFrame
            cluster, ``rule_json`` (for `Rule.from_dict`), ``formula``, precision and coverage
            on ``n_held_out`` customers with their 95% intervals, and both before rounding.
            Empty where none are stored.
        """
        artefact = self._project.insight.artefact()
        if artefact is not None:
            found = self._segment_rules(self._project.insight.segmentation())
            if found is not None:
                return found
        return _segment_rule_table([])

    def _segment_rules(self, segmentation: Segmentation) -> pd.DataFrame | None:
        members = _members(segmentation)
        for artefact in reversed(self._artefacts.versions(SEGMENT_RULES, segmentation.cycle_id)):
            if artefact.summary["members"] == members:
                return self._artefacts.read(artefact, "segment_rules")
        return None


def start_rules(project: Project) -> RuleSet | None:
    """Give a walked cycle a rule set, made of its segments' rules, and evaluate it.

    Rules that were carried on from the cycle before stay as they are.

    Parameters
    ----------
    project : Project
        With an approved segmentation.

    Returns
    -------
    RuleSet or None
        None where no segment can be told as a rule.
    """
    from workbench.insight import Rule, RuleSet

    book = project.insight.rules
    if book.stored() is None:
        table = book.learn_segments()
        if table.empty:
            return None
        # The surest first: where two rules take a customer, the better one decides.
        ordered = table.sort_values(["precision", "cluster"], ascending=[False, True], kind="stable")
        book.save(RuleSet([Rule.from_dict(json.loads(text)) for text in ordered["rule_json"]]))
    try:
        book.evaluate()
    except ParameterProblem:
        # A column of the earlier cycle is gone: the section says which, the rules stay.
        return book.current()
    return book.current()


def _segment_rule_table(found: Sequence[ClusterRule]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for one in found:
        row = {name: getattr(one, name) for name in SEGMENT_RULE_COLUMNS if hasattr(one, name)}
        row["rule_json"] = json.dumps(one.rule.to_dict(), ensure_ascii=False)
        row["formula"] = str(one.rule.expression)
        rows.append(row)
    frame = pd.DataFrame(rows, columns=list(SEGMENT_RULE_COLUMNS))
    whole, text = ("cluster", "n_held_out", "n_learned"), ("rule_json", "formula")
    return frame.astype(
        {name: "int64" if name in whole else "str" if name in text else "float64" for name in frame}
    )


def _members(segmentation: Segmentation) -> str:
    """Return a mark of who is in which cluster, whatever the labels are."""
    rows = segmentation.membership[["customer_id", "cluster"]]
    return str(int(pd.util.hash_pandas_object(rows, index=False).sum()))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
