"""Tables that come out of the bank's raw files, and the rows that did not."""

from __future__ import annotations

from workbench.tables.schema import Column, Table
from workbench.tables.schema import id_column as _id
from workbench.tables.words import ARMS, CUSTOMER_KINDS, RELATIONS

CUSTOMERS = Table(
    "customers",
    "One customer as the bank's systems describe them. Open: a bank's own columns are kept.",
    (
        _id(),
        Column("kind", "text", "Retail or corporate.", filled=True, values=CUSTOMER_KINDS),
        Column("name", "text", "Name; personal data, shown masked.", required=False),
        Column("phone", "text", "Telephone; personal data, shown masked.", required=False),
        Column("gender", "text", "F, M or missing.", required=False, values=("F", "M")),
        Column("birth_date", "date", "Date of birth.", required=False),
        Column("age", "number", "Age in years, where no date of birth is known.", required=False),
        Column("region", "text", "Region of the home branch.", required=False),
        Column("branch", "text", "Home branch.", required=False),
        Column("occupation", "text", "Occupation as the bank codes it.", required=False),
        Column("industry", "text", "Industry of a company.", required=False),
        Column("opened_on", "date", "Day of the first relationship.", required=False),
        Column("consent", "boolean", "Agreed to be contacted for marketing.", required=False),
        Column("do_not_contact", "boolean", "Asked not to be contacted.", required=False),
    ),
    key=("customer_id",),
    is_open=True,
)
HOLDINGS = Table(
    "holdings",
    "The balance of one customer in one product at the end of a month.",
    (
        _id(),
        Column("product", "text", "demand, time_deposit, fund, wealth, insurance, loan, card …", filled=True),
        Column("as_of", "date", "Last day of the month.", filled=True),
        Column("balance", "number", "Balance in CNY; a loan's is what is owed, positive."),
        Column("matures_on", "date", "Maturity, where the product has one.", required=False),
    ),
    key=("customer_id", "product", "as_of"),
)
TRANSACTIONS = Table(
    "transactions",
    "One posted movement of money.",
    (
        Column("transaction_id", "text", "Unique id.", filled=True),
        _id(),
        Column("occurred_at", "timestamp", "When it was posted.", filled=True),
        Column("amount", "number", "Amount in CNY; negative leaves the customer.", filled=True),
        Column("type", "text", "salary, transfer, card, cash, payment …", required=False),
        Column("channel", "text", "app, branch, atm, card, online.", required=False),
    ),
    key=("transaction_id",),
)
EVENTS = Table(
    "events",
    "Something that happened to or was done by a customer.",
    (
        _id(),
        Column("occurred_at", "timestamp", "When.", filled=True),
        Column("event_type", "text", "What.", filled=True),
        Column("channel", "text", "Where: app, branch, phone, system.", required=False),
        Column("amount", "number", "Amount in CNY, where the event has one.", required=False),
    ),
)
FEEDBACK = Table(
    "feedback",
    "One answer to a survey.",
    (
        _id(),
        Column("answered_on", "date", "When.", filled=True),
        Column("score", "number", "0 (would not recommend) to 10.", required=False),
        Column("text", "text", "What was written, in the customer's language.", required=False),
    ),
)
LINKS = Table(
    "links",
    "A tie between two customers.",
    (
        _id("The customer the tie starts from: the employee, the supplier."),
        Column("to_customer_id", "text", "The customer it leads to: the employer, the buyer.", filled=True),
        Column("relation", "text", "What the tie is.", filled=True, values=RELATIONS),
    ),
    key=("customer_id", "to_customer_id", "relation"),
)
CAMPAIGN_HISTORY = Table(
    "campaign_history",
    "One customer of a past campaign, contacted or held back, and what came of it.",
    (
        Column("campaign", "text", "The campaign.", filled=True),
        _id(),
        Column("arm", "text", "Treatment or control, as drawn.", filled=True, values=ARMS),
        Column("offer", "text", "What was offered.", required=False),
        Column("channel", "text", "phone, sms, app, branch, email.", required=False),
        Column("contacted_at", "timestamp", "First contact; missing if none was made.", required=False),
        Column("responded", "boolean", "Did what the offer asked for."),
        Column("amount", "number", "Money that came of it, CNY.", required=False),
        Column("cost", "number", "Cost of the contact, CNY.", required=False),
    ),
    key=("campaign", "customer_id"),
)
QUARANTINE = Table(
    "quarantine",
    "A row that could not be loaded; nothing of it is lost.",
    (
        Column("file", "text", "The file's name.", filled=True),
        Column("line", "integer", "Line in the file, the header being 1.", filled=True),
        Column("cause", "text", "A word for the kind of problem.", filled=True),
        Column("column", "text", "The source column, where one is to blame."),
        Column("value", "text", "The cell as it was read."),
        Column("reason", "text", "A sentence: what is wrong and what to do.", filled=True),
        Column("row", "text", "The whole row as JSON text.", filled=True),
    ),
)
