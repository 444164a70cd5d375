"""Tables that the four stages make and hand on."""

from __future__ import annotations

from workbench.tables.schema import Column, Table
from workbench.tables.schema import id_column as _id
from workbench.tables.words import (
    ACTIONS,
    ARMS,
    CUSTOMER_KINDS,
    LIFE_NEEDS,
    LIFECYCLE_STAGES,
    TIER_BASES,
    TIERS,
)

PORTRAIT = Table(
    "portrait",
    "One customer on one snapshot date. Open: a bank's own columns are kept.",
    (
        _id(),
        Column("snapshot_date", "date", "The day the portrait shows; nothing later is used.", filled=True),
        Column("kind", "text", "Retail or corporate.", filled=True, values=CUSTOMER_KINDS),
        Column("gender", "text", "F, M or missing.", required=False),
        Column("age", "number", "Age in years.", required=False),
        Column("region", "text", "Region of the home branch.", required=False),
        Column("branch", "text", "Home branch.", required=False),
        Column("occupation", "text", "Occupation.", required=False),
        Column("industry", "text", "Industry of a company.", required=False),
        Column("consent", "boolean", "Agreed to be contacted for marketing.", required=False),
        Column("do_not_contact", "boolean", "Asked not to be contacted.", required=False),
        Column("tenure", "number", "Months since the first relationship.", required=False),
        Column("tier", "text", "Value tier.", required=False, values=TIERS),
        Column("tier_basis", "text", "What the tier was read off.", required=False, values=TIER_BASES),
        Column(
            "lifecycle_stage", "text", "Stage of the relationship.", required=False, values=LIFECYCLE_STAGES
        ),
        Column("balance_total", "number", "Assets with the bank (loans left out), CNY.", required=False),
        Column("balance_loan", "number", "Owed to the bank, CNY.", required=False),
        Column(
            "balance_change_3m", "number", "Relative change of balance_total over 3 months.", required=False
        ),
        Column("product_count", "integer", "Products held with a balance.", required=False),
        Column("recency", "number", "Days since the last transaction.", required=False),
        Column("frequency", "number", "Transactions in the last 12 months.", required=False),
        Column(
            "monetary_value", "number", "Mean absolute amount of those transactions, CNY.", required=False
        ),
        Column("inflow_12m", "number", "Money that came in over 12 months, CNY.", required=False),
        Column("app_logins_90d", "number", "App logins in 90 days.", required=False),
        Column("branch_visits_90d", "number", "Branch visits in 90 days.", required=False),
        Column("satisfaction", "number", "Last survey score, 0 to 10.", required=False),
        Column("idle_days", "number", "Days since the last transaction, login or visit.", required=False),
        Column("income_day", "number", "Day of the month of salary or pension.", required=False),
        Column("maturing_90d", "number", "Balances due in the next 90 days, CNY.", required=False),
        Column("next_maturity", "date", "Next maturity, as agreed by the day.", required=False),
        Column("large_inflow_90d", "number", "Large inflows of the last 90 days, CNY.", required=False),
        Column("missing_product", "text", "Product that the peers hold and this one not.", required=False),
        Column("missing_product_share", "number", "Share of the peers that hold it.", required=False),
        Column(
            "life_need",
            "text",
            "Need of the time of life, a rule of thumb.",
            required=False,
            values=LIFE_NEEDS,
        ),
        Column("contribution", "number", "Margins and fees of a year, CNY.", required=False),
        Column("potential", "number", "More of it with the peers' balances, CNY a year.", required=False),
        Column("potential_product", "text", "Product with the largest part of it.", required=False),
        Column("peers", "integer", "Customers compared with.", required=False),
    ),
    key=("customer_id", "snapshot_date"),
    is_open=True,
)
MEMBERSHIP = Table(
    "membership",
    "Which segment a customer belongs to in one segmentation.",
    (
        _id(),
        Column("cluster", "integer", "The machine's number, from 0.", filled=True),
        Column("segment", "text", "The human's label.", filled=True),
    ),
    key=("customer_id",),
)
SEGMENTS = Table(
    "segments",
    "One segment of a segmentation.",
    (
        Column("cluster", "integer", "The machine's number, from 0.", filled=True),
        Column("segment", "text", "The human's label.", filled=True),
        Column("segment_zh", "text", "The label in Chinese, where one was given.", required=False),
        Column("description", "text", "A sentence on who they are.", required=False),
        Column("slot", "integer", "Colour slot 1 to 10; 0 is grey.", filled=True),
        Column("n", "integer", "Customers.", filled=True),
    ),
    key=("cluster",),
)
PROFILE = Table(
    "profile",
    "How one cluster differs from all other customers in one feature.",
    (
        Column("cluster", "integer", "The machine's number.", filled=True),
        Column("feature", "text", "The feature.", filled=True),
        Column("mean", "number", "Mean in the cluster, in the feature's unit."),
        Column("mean_others", "number", "Mean of all other customers."),
        Column("difference", "number", "Standardised mean difference (pooled standard deviation)."),
        Column("p_value", "number", "Two-sided Welch test, corrected over all rows (Holm by default)."),
        Column("unit", "text", "Unit of the means; empty for a bank's own columns.", required=False),
        Column("measure", "text", "d: standardised mean; h: proportions.", required=False, values=("d", "h")),
        Column("effect", "number", "Cohen's d, or for a feature of 0 and 1 Cohen's h.", required=False),
        Column("effect_low", "number", "Its confidence interval's lower end.", required=False),
        Column("effect_high", "number", "Its confidence interval's upper end.", required=False),
        Column("threshold", "number", "Rounded decile that tells them apart best.", required=False),
        Column("share_over", "number", "Share of the cluster above the threshold.", required=False),
        Column("share_over_others", "number", "Share of all others above it.", required=False),
    ),
    key=("cluster", "feature"),
)
K_COMPARISON = Table(
    "k_comparison",
    "How well one number of clusters suits the customers.",
    (
        Column(
            "algorithm", "text", "How they were found; k-means where absent.", required=False, filled=True
        ),
        Column("k", "integer", "Number of clusters.", filled=True),
        Column("inertia", "number", "Within-cluster sum of squares."),
        Column("silhouette_score", "number", "Mean silhouette, -1 to 1."),
        Column("calinski_harabasz_score", "number", "Higher is better."),
        Column("davies_bouldin_score", "number", "Lower is better."),
        Column("gap", "number", "Gap statistic (Tibshirani 2001)."),
        Column("gap_se", "number", "Its standard error, s_k of the paper."),
        Column("stability", "number", "Mean bootstrap Jaccard of the least stable cluster (Hennig 2007)."),
        Column("smallest_share", "number", "Share of customers in the smallest cluster."),
        Column(
            "stability_ari",
            "number",
            "Mean adjusted Rand index between bootstrap clusterings.",
            required=False,
        ),
        Column("smallest_n", "integer", "Customers in the smallest cluster.", required=False),
        Column("largest_share", "number", "Share of customers in the largest cluster.", required=False),
        Column("unassigned_share", "number", "Share of customers in no cluster.", required=False),
        Column(
            "silhouette_reference",
            "number",
            "Mean silhouette that k-means gets from structureless customers.",
            required=False,
        ),
        Column("silhouette_reference_sd", "number", "Its deviation between references.", required=False),
    ),
    key=("algorithm", "k"),
)
K_STABILITY = Table(
    "k_stability",
    "How often one cluster of a comparison comes back when customers are drawn again.",
    (
        Column("algorithm", "text", "How the clusters were found.", filled=True),
        Column("k", "integer", "Number of clusters.", filled=True),
        Column("cluster", "integer", "The machine's number, from 0.", filled=True),
        Column("jaccard", "number", "Mean bootstrap Jaccard coefficient, 0 to 1 (Hennig 2007)."),
        Column("n", "integer", "Customers in the cluster.", filled=True),
        Column("low", "number", "5% quantile of the coefficient over the draws.", required=False),
        Column("high", "number", "95% quantile.", required=False),
    ),
    key=("algorithm", "k", "cluster"),
)
EMBEDDING = Table(
    "embedding",
    "Where a customer lies in the picture; the axes have no unit.",
    (_id(), Column("x", "number", "Across.", filled=True), Column("y", "number", "Up.", filled=True)),
    key=("customer_id",),
)
STRATEGIES = Table(
    "strategies",
    "What the bank does for one segment: the strategy card.",
    (
        Column("strategy_id", "text", "S1, S2 …", filled=True),
        Column("name", "text", "Its name.", filled=True),
        Column("objective", "text", "What it is for, in words.", filled=True),
        Column("segment", "text", "The segment it is for.", filled=True),
        Column("lifecycle_stages", "text", "Stages it is for, comma-separated; empty is all."),
        Column(
            "scenario",
            "text",
            "lifecycle, product or event.",
            filled=True,
            values=("lifecycle", "product", "event"),
        ),
        Column("offer", "text", "What is offered.", filled=True),
        Column("channel", "text", "phone, sms, app, branch, email.", filled=True),
        Column("script", "text", "What the caller says; {name} and {product} are filled in."),
        Column("value_per_response", "number", "Value of one response, CNY.", filled=True),
        Column("cost_per_contact", "number", "CNY.", filled=True),
        Column("minutes_per_contact", "number", "Agent minutes.", required=False),
        Column("expected_response", "number", "Response rate planned, 0 to 1."),
        Column("control_share", "number", "Share held back, 0 to 1.", filled=True),
        Column("starts_on", "date", "First day."),
        Column("ends_on", "date", "Last day."),
        Column("owner", "text", "Who answers for it.", required=False),
        Column("kpi", "text", "What is counted, one of KPIS.", required=False),
        Column("kpi_target", "number", "How much of it by the last day, in the KPI's unit.", required=False),
        Column("tier", "text", "Tiers it is for, comma-separated; empty is all.", required=False),
        Column("trigger", "text", "What sets off the scenario event, one of TRIGGERS.", required=False),
        Column("window_days", "number", "Days after the trigger in which it applies.", required=False),
        Column("channels", "text", "Channels in order, comma-separated; channel first.", required=False),
        Column("script_version", "text", "Rises when the script changes.", required=False),
        Column("eligibility", "text", "JSON list of conditions; empty is none.", required=False),
        Column("contact_policy", "text", "A policy's name; empty is the project's.", required=False),
        Column("budget", "number", "CNY; missing is no limit.", required=False),
        Column("quota", "number", "Most responses; missing is no limit.", required=False),
        Column("effect", "number", "Uplift hoped for, absolute, 0 to 1.", required=False),
        Column("journey", "text", "Name of a channel journey; empty is none.", required=False),
        Column("objective_id", "text", "Leaf of the objectives tree; empty is none.", required=False),
    ),
    key=("strategy_id",),
)
SCORES = Table(
    "scores",
    "How much one strategy promises for one customer.",
    (
        _id(),
        Column("strategy_id", "text", "The strategy.", filled=True),
        Column("propensity", "number", "Probability of a response, 0 to 1.", filled=True),
        Column("expected_value", "number", "propensity × value − cost, CNY.", filled=True),
        Column("score", "number", "Weighted score, 0 to 1; lists are cut by it.", filled=True),
    ),
    key=("customer_id", "strategy_id"),
)
TARGETS = Table(
    "targets",
    "One customer on a target list.",
    (
        _id(),
        Column("strategy_id", "text", "The strategy the list is for.", filled=True),
        Column("segment", "text", "The segment at the time.", filled=True),
        Column("score", "number", "The score the list was cut by.", filled=True),
        Column("rank", "integer", "1 is the first.", filled=True),
        Column("arm", "text", "Treatment or control.", filled=True, values=ARMS),
    ),
    key=("customer_id", "strategy_id"),
)
CONTACTS = Table(
    "contacts",
    "One try to reach a customer of a list.",
    (
        Column("contact_id", "text", "Unique id.", filled=True),
        Column("list_id", "text", "The target list.", filled=True),
        Column("strategy_id", "text", "The strategy.", filled=True),
        _id(),
        Column("contacted_at", "timestamp", "When.", filled=True),
        Column("channel", "text", "By what."),
        Column("disposition", "text", "reached, no_answer, refused, callback, wrong_number.", filled=True),
        Column("agent", "text", "Who.", required=False),
    ),
    key=("contact_id",),
)
OUTCOMES = Table(
    "outcomes",
    "What a customer of a list did.",
    (
        Column("outcome_id", "text", "Unique id.", filled=True),
        Column("list_id", "text", "The target list.", filled=True),
        Column("strategy_id", "text", "The strategy.", filled=True),
        _id(),
        Column("recorded_at", "timestamp", "When.", filled=True),
        Column("responded", "boolean", "Did what the offer asked for.", filled=True),
        Column("amount", "number", "Money that came of it, CNY."),
        Column("note", "text", "What the caller wrote.", required=False),
        Column("source", "text", "worklist or the file it came from.", required=False),
    ),
    key=("outcome_id",),
)
EVALUATION = Table(
    "evaluation",
    "One arm's result in one outcome, against the control. Open: strategy_id, segment …",
    (
        Column("arm", "text", "The arm; the control has no uplift.", filled=True),
        Column("outcome", "text", "What was measured.", filled=True),
        Column("n", "integer", "Customers of the arm.", filled=True),
        Column("mean", "number", "Mean of the outcome; missing without customers."),
        Column("uplift", "number", "Arm minus control, in the outcome's unit."),
        Column("ci_low", "number", "Lower end of the interval."),
        Column("ci_high", "number", "Upper end."),
        Column("p_value", "number", "Two-sided."),
    ),
    is_open=True,
)
RECOMMENDATIONS = Table(
    "recommendations",
    "What the review proposes for one strategy, and why.",
    (
        Column("strategy_id", "text", "The strategy.", filled=True),
        Column("action", "text", "What to do.", filled=True, values=ACTIONS),
        Column("rule", "text", "The rule that fired: R1 …", filled=True),
        Column("reason", "text", "Key of the sentence that says why.", filled=True),
        Column(
            "change",
            "text",
            "JSON: what the next cycle's strategy changes; empty object for nothing.",
            filled=True,
        ),
        Column("evidence", "text", "JSON: the figures behind it.", filled=True),
    ),
    key=("strategy_id",),
)
