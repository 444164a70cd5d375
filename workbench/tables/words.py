"""The words that tables agree on: the allowed values of coded columns."""

LIFECYCLE_STAGES = ("acquisition", "honeymoon", "growth", "mature", "decline", "dormant", "lost")
TIERS = ("basic", "value", "strategic")
CUSTOMER_KINDS = ("retail", "corporate")
ARMS = ("treatment", "control")
EVENT_TYPES = ("maturity", "large_inflow", "salary", "app_login", "branch_visit", "birthday")
ACTIONS = ("scale", "keep", "adjust", "stop", "undecided")
KPIS = ("responses", "balances", "fee_income", "satisfaction", "activity")
TRIGGERS = ("maturity", "large_inflow", "salary_day", "app_login", "branch_visit", "birthday")
RELATIONS = ("employer", "supplier")
TIER_BASES = ("contribution_potential", "balance")
LIFE_NEEDS = (
    "starting_out",
    "home_and_family",
    "protection",
    "wealth_building",
    "retirement_planning",
    "retirement_income",
    "payroll",
    "supply_chain",
    "working_capital",
)
