"""What the customer-relations, campaign and survey systems write; mess included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.sample_bank import written
from workbench.sample_bank.core_export import Export, with_repeats
from workbench.sample_bank.people import company_names
from workbench.sample_bank.structure import INDUSTRIES

STRANGER = 9_000_001
"""First number of customers that only the CRM knows."""
_OFFERS_ZH = {"time_deposit": "定期存款", "fund_plan": "基金定投"}
_CHANNELS_ZH = {"phone": "电话", "app": "手机银行"}


def export_crm(
    population: pd.DataFrame, people: pd.DataFrame, last_day: np.datetime64, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Write the CRM's rows as a frame of text.

    Mess: ids as C12345; 2% of customers missing, 0.5% rows repeated, 0.1% strangers that
    the core system does not know; consent as Y, N, 是, 否, 3% empty; telephones in four
    spellings, 1.5% empty; 40% of employers by name alone; one name in 5,000 is "NA".
    """
    n = len(population)
    draw = rng.random((7, n))
    number = population["number"].to_numpy()
    consent = np.where(
        people["consent"], np.where(draw[0] < 0.6, "Y", "是"), np.where(draw[0] < 0.6, "N", "否")
    )
    consent = np.where(draw[1] < 0.03, "", consent)
    stop = np.where(
        people["do_not_contact"], np.where(draw[2] < 0.5, "Y", "是"), np.where(draw[2] < 0.7, "N", "")
    )
    phone = people["phone"].to_numpy().astype(str)
    style = np.minimum((draw[3] * 10).astype(int), 9)
    head, middle, tail = (np.array([p[a:b] for p in phone]) for a, b in ((0, 3), (3, 7), (7, 11)))
    phones = np.select(
        [style == 0, style == 1, style == 2],
        [
            np.char.add(np.char.add(np.char.add(head, " "), np.char.add(middle, " ")), tail),
            np.char.add(np.char.add(np.char.add(head, "-"), np.char.add(middle, "-")), tail),
            np.char.add("+86 ", phone),
        ],
        phone,
    )
    phones = np.where(draw[4] < 0.015, "", phones)
    employer = population["employer"].to_numpy()
    named = employer > 0
    by_id = named & (draw[5] < 0.60)
    review = last_day - (draw[6] * 700).astype("timedelta64[D]")
    names = people["name"].to_numpy().astype(str)
    na = np.flatnonzero(rng.random(n) < 0.0002)
    names = names.copy()
    names[na] = "NA"
    frame = pd.DataFrame(
        {
            "Customer ID": np.char.add("C", number.astype(str)),
            "Name": names,
            "Mobile": phones,
            "Marketing consent": consent,
            "Do not contact": stop,
            "Relationship manager": people["relationship_manager"].to_numpy(),
            "Employer": np.where(
                named, company_names(employer, population["employer_industry"].to_numpy()), ""
            ),
            "Employer ID": np.where(by_id, np.char.add("C", employer.astype(str)), ""),
            "KYC level": people["kyc_level"].to_numpy(),
            "Last review": pd.Series(review).dt.strftime("%d.%m.%Y").to_numpy(),
        }
    )
    kept = np.flatnonzero(rng.random(n) >= 0.02)
    again = kept[rng.random(len(kept)) < 0.005]
    strangers = kept[: max(1, n // 1_000)]
    strange = frame.iloc[strangers].copy()
    strange["Customer ID"] = np.char.add("C", (STRANGER + number[strangers]).astype(str))
    mess = {
        "customers_missing": n - len(kept),
        "rows_repeated": len(again),
        "rows_of_strangers": len(strangers),
        "consent_empty": int((consent[kept] == "").sum()),
        "phone_empty": int((phones[kept] == "").sum()),
        "employer_without_id": int((named & ~by_id)[kept].sum()),
        "names_na": int(np.isin(na, kept).sum()),
    }
    return pd.concat([frame.iloc[kept], frame.iloc[again], strange], ignore_index=True), mess


def export_links(links: pd.DataFrame, industry: pd.Series, rng: np.random.Generator) -> Export:
    """Write the ties that the bank has on file, one row a tie.

    Mess: only the known ties; COMPANY_ID is the employer (EMP) or the supplier (SUP),
    PARTY_ID the employee or the buyer; 0.5% rows repeated.
    """
    known = links[links["known"]]
    employs = (known["relation"] == "employer").to_numpy()
    company = np.where(employs, known["to_number"], known["number"])
    party = np.where(employs, known["number"], known["to_number"])
    code = pd.Categorical(industry.reindex(company), categories=list(INDUSTRIES)).codes
    columns = {
        "COMPANY_ID": written.plain(company, "C"),
        "INDUSTRY": written.coded(code, INDUSTRIES),
        "RELATION": written.coded(employs, ["SUP", "EMP"]),
        "PARTY_ID": written.plain(party, "C"),
        "SINCE": written.days(known["since"].to_numpy(), "%Y-%m"),
    }
    again = np.flatnonzero(rng.random(len(known)) < 0.005)
    return with_repeats(columns, again), {
        "rows_repeated": len(again),
        "ties_unknown": int((~links["known"]).sum()),
    }


def export_history(history: pd.DataFrame, rng: np.random.Generator) -> Export:
    """Write the campaign system's file, in Chinese; the caller encodes it as GB18030.

    Mess: ids without zeros, 0.2% rows repeated, 0.1% of strangers.
    """
    columns = {
        "活动": written.texts(history["campaign"].to_numpy()),
        "客户号": written.plain(history["number"].to_numpy()),
        "分组": written.coded((history["arm"] == "treatment").to_numpy(), ["对照组", "实验组"]),
        "渠道": written.texts(history["channel"].map(_CHANNELS_ZH).to_numpy()),
        "产品": written.texts(history["offer"].map(_OFFERS_ZH).to_numpy()),
        "联系时间": written.moments(history["contacted_at"].to_numpy()),
        "是否响应": written.coded(history["responded"].to_numpy(), ["否", "是"]),
        "金额": written.fixed(history["amount"].to_numpy()),
        "成本": written.fixed(history["cost"].to_numpy()),
    }
    k = len(history)
    again = np.flatnonzero(rng.random(k) < 0.002)
    strange = np.flatnonzero(rng.random(k) < 0.001)
    added = {name: column.take(pa.array(strange)) for name, column in columns.items()}
    added["客户号"] = written.plain(history["number"].to_numpy()[strange] + STRANGER)
    columns = with_repeats(columns, again)
    columns = {name: pa.concat_arrays([columns[name], added[name]]) for name in columns}
    return columns, {"rows_repeated": len(again), "rows_of_strangers": len(strange)}


def export_surveys(surveys: pd.DataFrame, rng: np.random.Generator) -> Export:
    """Write the survey tool's answers.

    Mess: days first (30/09/2026), scores and comments missing, 1% comments over two
    lines, one in 300 beginning with "=" or "+".
    """
    text = surveys["text"].to_numpy().astype(object).copy()
    draw = rng.random(len(text))
    split = np.flatnonzero((draw < 0.01) & (text != ""))
    marked = np.flatnonzero((draw > 1 - 1 / 300) & (text != ""))
    for row in split:
        text[row] = text[row] + "\n(" + ("sent from the app" if text[row].isascii() else "来自手机银行") + ")"
    for row in marked:
        text[row] = ("=" if row % 2 else "+1 ") + text[row]
    score = surveys["score"].to_numpy()
    columns = {
        "customer_no": written.plain(surveys["number"].to_numpy()),
        "answered_on": written.days(surveys["answered_on"].to_numpy(), "%d/%m/%Y"),
        "score": written.coded(np.where(np.isnan(score), 11, score), [*map(str, range(11)), ""]),
        "comment": written.texts(text),
    }
    mess = {
        "scores_missing": int(np.isnan(score).sum()),
        "comments_empty": int((text == "").sum()),
        "comments_of_two_lines": len(split),
        "comments_beginning_with_a_sign": len(marked),
    }
    return columns, mess
