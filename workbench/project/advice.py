"""Recommendations of one cycle: by which rules, what acceptance changes, what came of the cycle before."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.project.cards import STAMPS, card_rows, cards_frame
from workbench.project.review_reopening import as_before, same_value
from workbench.project.review_rules import ReviewRules
from workbench.tables import RECOMMENDATIONS

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.review import Rules

KIND = "advice"
_PARTS = ("tiers", "channels", "scripts")
DIFFERENCE = ("strategy_id", "field", "before", "after")


@dataclass(frozen=True)
class Material:
    """What recommendations are made of, as it was stored.

    Parameters
    ----------
    evaluation : pandas.DataFrame
        From `evaluate_strategies`.
    cards : pandas.DataFrame
        The launched cards.
    evaluation_id : str
        The evaluation's artefact.
    more : dict
        The other arguments of `workbench.recommend`: parts, tiers, channels, scripts,
        script_texts.
    """

    evaluation: pd.DataFrame
    cards: pd.DataFrame
    evaluation_id: str
    more: dict[str, Any] = field(default_factory=dict)


class Advice(ReviewRules):
    """Recommendations and their rules, at ``project.review.advice``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._kept: Material | None = None

    # What they are made of ---------------------------------------------------------

    def fill(self) -> None:
        """Compare tiers, channels and scripts within the strategies, and store it beside the evaluation."""
        from workbench.review import compare_variants, evaluate_strategies, first_channels

        project = self._project
        evaluation = project.review.evaluation()
        targets, cards = project.strategy.targets(), project.strategy.launched_cards()
        contacts, outcomes = project.review.results()
        there = project.imports.portrait_columns()
        wanted = [name for name in ("tier", "lifecycle_stage") if name in there]
        customers = project.customers(["customer_id", *wanted])
        tiers = evaluation.overall.iloc[:0]
        if "tier" in wanted:
            tiers = evaluate_strategies(
                targets,
                outcomes,
                cards,
                contacts=contacts,
                customers=customers,
                by="tier",
                alpha=evaluation.alpha,
            )
        within = "lifecycle_stage" if "lifecycle_stage" in wanted else None
        shared: dict[str, Any] = {"customers": customers, "within": within, "alpha": evaluation.alpha}
        channels = compare_variants(targets, outcomes, cards, first_channels(contacts), **shared)
        versions, texts = self._scripts(targets)
        scripts = compare_variants(targets, outcomes, cards, versions, used="script_version", **shared)
        self._artefacts.save(
            KIND,
            {"tiers": tiers, "channels": channels, "scripts": scripts},
            cycle_id=project.need_cycle().cycle_id,
            documents={"texts": [[*key, text] for key, text in texts.items()]},
            inputs=[evaluation.artefact_id],
            summary={"evaluation": evaluation.artefact_id},
        )
        self._kept = None

    def _scripts(self, targets: pd.DataFrame) -> tuple[pd.DataFrame, dict[tuple[str, str], str]]:
        """Return by which script version each listed customer was addressed, and the scripts."""
        rows = self._project.store.lists.rows(self._project.need_cycle().cycle_id)
        cards = {row["list_id"]: cards_frame([row["card"]]).iloc[0] for row in rows}
        versions = {list_id: str(card["script_version"]) for list_id, card in cards.items()}
        texts = {
            (str(card["strategy_id"]), str(card["script_version"])): str(card["script"])
            for card in cards.values()
        }
        frame = targets[["strategy_id", "customer_id"]].assign(variant=targets["list_id"].map(versions))
        return frame, texts

    def material(self) -> Material:
        """Return what the newest evaluation's recommendations are made of.

        Raises
        ------
        NotFound
            If nothing was evaluated yet.
        """
        evaluation = self._project.review.evaluation()
        if self._kept is not None and self._kept.evaluation_id == evaluation.artefact_id:
            return self._kept
        more: dict[str, Any] = {"parts": None if evaluation.by_stage.empty else evaluation.by_stage}
        stored = self._artefacts.latest(KIND, self._project.need_cycle().cycle_id)
        # Evaluations of an earlier version have none beside them: tiers and variants are not looked at.
        if stored is not None and stored.summary["evaluation"] == evaluation.artefact_id:
            tables = {name: self._artefacts.read(stored, name) for name in _PARTS}
            more |= {name: frame for name, frame in tables.items() if not frame.empty}
            texts = self._artefacts.document(stored, "texts")
            more["script_texts"] = {(strategy, version): text for strategy, version, text in texts}
        cards = self._project.strategy.launched_cards()
        self._kept = Material(evaluation.overall, cards, evaluation.artefact_id, more)
        return self._kept

    # Recommending --------------------------------------------------------------------

    def propose(self, rules: Rules | None = None) -> pd.DataFrame:
        """Recommend by the rules in force, or by others, and store it for decision.

        The text of the rules is kept, and every recommendation comes from it in the lineage.

        Returns
        -------
        pandas.DataFrame
            What was proposed, a `workbench.tables.RECOMMENDATIONS`.

        Raises
        ------
        NotFound
            If nothing was evaluated yet.
        ParameterProblem
            If the project's rules have a mistake.
        """
        rules = rules or self.rules()
        store, material = self._project.store, self.material()
        proposed = self.what_if(rules)
        cycle_id = self._project.need_cycle().cycle_id
        rows = [dict(row) for row in RECOMMENDATIONS.check(proposed).to_dict("records")]
        ids = store.decisions.propose(cycle_id, material.evaluation_id, rows)  # type: ignore[arg-type]
        if rules.text:
            kept = self.keep_rules(rules.text)
            store.trail.add_edges([(kept.artefact_id, f"recommendation:{each}") for each in ids])
        return proposed

    def what_if(self, rules: Rules) -> pd.DataFrame:
        """Return what other rules would recommend; nothing is stored.

        Parameters
        ----------
        rules : Rules
            For example ``project.review.rules().with_thresholds(scale_return=5)``.

        Returns
        -------
        pandas.DataFrame
            A `workbench.tables.RECOMMENDATIONS`.
        """
        from workbench.review import recommend

        material = self.material()
        return recommend(material.evaluation, material.cards, rules, **material.more)

    def preview(self, text: str | Rules) -> pd.DataFrame:
        """Return which recommendations would change under edited rules, before they are saved.

        Parameters
        ----------
        text : str or Rules
            The edited text, or rules with other thresholds.

        Returns
        -------
        pandas.DataFrame
            One row a strategy: strategy_id; action, rule and change under the rules in
            force; action_after, rule_after, change_after; changes (bool).

        Raises
        ------
        ParameterProblem
            If the text has a mistake; the sentence says line and rule.
        """
        after = self.what_if(self.read(text) if isinstance(text, str) else text)
        before = self.what_if(self.rules())
        names = ["action", "rule", "change"]
        kept = ["strategy_id", *names]
        both = before[kept].merge(after[kept], on="strategy_id", suffixes=("", "_after"))
        differs = both[names].to_numpy() != both[[f"{name}_after" for name in names]].to_numpy()
        return both.assign(changes=differs.any(axis=1))

    # What acceptance changes -----------------------------------------------------------

    def changes(self) -> pd.DataFrame:
        """Return what each recommendation changes, or changed, on the next cycle's cards.

        Returns
        -------
        pandas.DataFrame
            strategy_id, field, before, after as in `workbench.compare_strategies`, with
            recommendation_id, action, rule, status. Dates, which move with the calendar,
            are not among them. A field ``script`` waits as a draft, see `script_drafts`.
        """
        from workbench.review import apply_recommendations, compare_strategies

        cards = self._project.strategy.cards().drop(columns=list(STAMPS))
        stored = self._project.review.recommendations()
        stored = stored[stored["strategy_id"].isin(set(cards["strategy_id"]))]
        names = [*DIFFERENCE, "recommendation_id", "action", "rule", "status"]
        if stored.empty:
            return pd.DataFrame(columns=names)
        # Each is about a strategy of its own, so that all together change what each changes.
        after = apply_recommendations(cards, stored.assign(status="accepted"))
        found = compare_strategies(cards, after)
        scripts = [json.loads(change).get("script") for change in stored["change"]]
        now = stored["strategy_id"].map(cards.set_index("strategy_id")["script"])
        drafts = pd.DataFrame({"strategy_id": stored["strategy_id"], "before": now, "after": scripts})
        drafts = drafts[drafts["after"].notna() & drafts["after"].ne(drafts["before"])].assign(field="script")
        order = {name: place for place, name in enumerate(stored["strategy_id"])}
        found = pd.concat([found, drafts[list(DIFFERENCE)]], ignore_index=True) if len(drafts) else found
        found = found[found["strategy_id"].isin(order)]
        found = found.sort_values("strategy_id", key=lambda ids: ids.map(order), kind="stable")
        about = stored[["strategy_id", "recommendation_id", "action", "rule", "status"]]
        return found.merge(about, on="strategy_id", how="left")[names]

    def carried(self) -> pd.DataFrame:
        """Return what came into this cycle's cards from accepted recommendations of the one before.

        Returns
        -------
        pandas.DataFrame
            As `changes`, with cycle_id (the one reviewed) and holds: whether the card still
            is as it was accepted.
        """
        before = self._project.cycle.opened_from
        if not before:
            return pd.DataFrame(
                columns=[*DIFFERENCE, "recommendation_id", "action", "rule", "cycle_id", "holds"]
            )
        rows = self._project.at(before).review.advice.changes()
        rows = rows[rows["status"].eq("accepted")].drop(columns="status").reset_index(drop=True)
        cards = {row["strategy_id"]: row for row in card_rows(self._project.strategy.cards())}
        holds = [
            same_value(_now(cards.get(row.strategy_id), str(row.field)), row.after)
            for row in rows.itertuples()
        ]
        return rows.assign(cycle_id=before, holds=pd.Series(holds, dtype="bool"))

    def scored_by(self) -> dict[str, str]:
        """Return what each strategy of the newest plan is scored by.

        Returns
        -------
        dict of str to str
            By strategy_id: ``model``; ``review``, the rate that the review before left;
            ``plan``, a rate that somebody planned. Empty without a plan.
        """
        strategy = self._project.strategy
        if strategy.artefact() is None:
            return {}
        models = strategy.plan().models
        found = {}
        for card in card_rows(strategy.cards()):
            a, b = card.get("prior_a"), card.get("prior_b")
            learned = bool(
                a and b and a == a and b == b and same_value(a / (a + b), card["expected_response"])
            )
            name = str(card["strategy_id"])
            found[name] = "model" if name in models else "review" if learned else "plan"
        return found

    # Scripts wait for somebody ---------------------------------------------------------

    def script_drafts(self) -> pd.DataFrame:
        """Return the scripts that accepted recommendations propose and nobody has confirmed.

        Returns
        -------
        pandas.DataFrame
            strategy_id, script (the card's), version and draft (the proposed ones),
            recommendation_id.
        """
        names = ["strategy_id", "script", "version", "draft", "recommendation_id"]
        before = self._project.cycle.opened_from
        rows: list[tuple[Any, ...]] = []
        earlier = self._project.at(before) if before else None
        proposed = [] if earlier is None else earlier.review.recommendations().to_dict("records")
        proposed = [row for row in proposed if row["status"] == "accepted" and '"script":' in row["change"]]
        if proposed and earlier is not None:
            cards = self._project.strategy.cards().set_index("strategy_id")
            was = earlier.strategy.cards().set_index("strategy_id")["script"]
            for row in proposed:
                change, name = json.loads(row["change"]), row["strategy_id"]
                if name not in cards.index:
                    continue
                now = cards.at[name, "script"]
                # Who wrote another script meanwhile has decided.
                if now == was.get(name) and now != change["script"]:
                    cells = (now, change["script_version"], change["script"], row["recommendation_id"])
                    rows.append((name, *cells))
        return pd.DataFrame(rows, columns=names)

    def confirm_script(self, strategy_id: str, script: str | None = None) -> int:
        """Put a proposed script on its card, as it is or edited.

        Parameters
        ----------
        strategy_id : str
            Whose.
        script : str, optional
            Another wording; by default the proposed one.

        Returns
        -------
        int
            The card's new version.

        Raises
        ------
        NotFound
            If none waits.
        ParameterProblem
            If the script is empty.
        """
        drafts = self.script_drafts()
        mine = drafts[drafts["strategy_id"].eq(strategy_id)]
        if mine.empty:
            cycle = self._project.cycle.cycle_id or "-"
            raise NotFound("review_advice.error.no_draft", strategy=strategy_id, cycle=cycle)
        wording = str(mine["draft"].iloc[0]) if script is None else script
        if not wording.strip():
            raise ParameterProblem("review_advice.error.empty_script")
        card = self._project.strategy.card(strategy_id)
        version = str(mine["version"].iloc[0]) if wording == mine["draft"].iloc[0] else card["script_version"]
        changed = {**card, "script": wording, "script_version": version}
        return self._project.strategy.save_card(changed, int(card["row_version"]))

    # Deciding again --------------------------------------------------------------------

    def reopen(self, recommendation_id: str, reason: str) -> None:
        """Take a decision back, while the cycle that it opened has launched nothing.

        What an acceptance changed on the next cycle's card is as it was before; who decided
        what stays in the audit log.

        Parameters
        ----------
        recommendation_id : str
            Which.
        reason : str
            Why; it must not be empty.

        Raises
        ------
        ParameterProblem
            If no reason is given, the next cycle has launched lists, or somebody changed
            there what the acceptance had set.
        Conflict
            If it is open.
        NotAllowed
            If the role may not decide.
        """
        row = self._project.store.decisions.find(recommendation_id)
        project = self._project.at(row["cycle_id"])
        after = next((c for c in project.cycles() if c.opened_from == row["cycle_id"]), None)
        into = after.cycle_id if after is not None else None

        def changed(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return card_rows(as_before(cards_frame(cards), project.strategy.cards(), row, into or ""))

        project.store.decisions.reopen(recommendation_id, reason, into=into, changed=changed)


def _now(card: dict[str, Any] | None, field: str) -> Any:
    if card is None:
        return None
    if field == "capacity_factor":
        factor = card.get(field)
        return 1.0 if factor is None or factor != factor else factor
    return card.get(field)
