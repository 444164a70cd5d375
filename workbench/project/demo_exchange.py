"""What the sample bank's CRM would send: corrections of simulated people, and a mapping to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.project.handle import Project

CRM = "CRM (simulated · 模拟)"
"""Where the demo's corrections come from, as screens name it."""
_SAID_BY = "relationship manager (simulated) · 客户经理（模拟）"


def play_exchange(project: Project) -> int:
    """Give the demo a CRM's mapping and four proposed corrections, one of them declined.

    None is accepted, so that no figure of the demo changes.

    Parameters
    ----------
    project : Project
        Of the sample bank, with imported customers.

    Returns
    -------
    int
        How many proposals are new; the same again proposes nothing.
    """
    from workbench.project.exchange_mappings import FOLDER
    from workbench.project.opening import open_project

    folder = project.folder / FOLDER
    folder.mkdir(exist_ok=True)
    mapping = folder / "crm.toml"
    if not mapping.exists():
        mapping.write_text(project.execution.exchange.example(), encoding="utf-8")
    if sum(project.execution.exchange.corrections.counts().values()):
        return 0
    acting = open_project(
        project.folder,
        role="analyst",
        cycle=project.cycle.cycle_id,
        who=CRM,
        clock=project.store.database.clock,
    )
    people = acting.table("customers")
    retail = people[people["kind"].eq("retail")].head(4)
    if len(retail) < 4:
        return 0
    held = acting.execution.exchange.corrections
    branches = sorted(set(people["branch"].dropna())) if "branch" in people else []
    moved = [str(name) for name in branches if name != retail["branch"].iloc[1]]
    branch = moved[0] if moved else "Head office"
    wanted = [
        ("phone", "13800000001", "The customer gave a new number at the counter. 客户在柜面登记了新号码。"),
        ("branch", branch, "Moved house; wants to be looked after nearby. 客户搬家，希望就近服务。"),
        ("do_not_contact", "yes", "Asked not to be called at all. 客户要求不再致电。"),
        ("name", "王小明", "Misspelt when the account was opened. 开户时姓名录错。"),
    ]
    made = 0
    for customer, (column, value, note) in zip(retail["customer_id"], wanted, strict=True):
        if column in people.columns:
            made += held.propose(str(customer), column, value, source=CRM, said_by=_SAID_BY, note=note)
    mistaken = held.frame("open", masked=False)
    named = mistaken[mistaken["column_name"].eq("name")]
    if len(named):
        held.decline(
            int(named["correction_id"].iloc[0]),
            "The passport says otherwise (simulated). 证件显示并非如此（模拟）。",
        )
    return made
