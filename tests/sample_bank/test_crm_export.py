import csv
import io

import numpy as np
import pandas as pd

from workbench.sample_bank import crm_export, written
from workbench.sample_bank.links import draw_links
from workbench.sample_bank.people import company_names

LAST = np.datetime64("2026-09-30")


def read(columns) -> pd.DataFrame:
    rows = csv.reader(io.StringIO(written.lines(columns).decode(), newline=""))
    return pd.DataFrame(list(rows), columns=list(columns))


def test_crm_rows_and_mess_add_up(bank):
    frame, mess = crm_export.export_crm(bank.population, bank.people, LAST, np.random.default_rng(0))
    n = len(bank.population)
    assert len(frame) == n - mess["customers_missing"] + mess["rows_repeated"] + mess["rows_of_strangers"]
    assert frame.duplicated().sum() == mess["rows_repeated"] > 0
    ids = frame["Customer ID"].str.removeprefix("C").astype(int)
    stranger = ids > crm_export.STRANGER
    assert stranger.sum() == mess["rows_of_strangers"] > 0
    assert set(ids[~stranger]) <= set(bank.population["number"])
    single = frame[~stranger].drop_duplicates()
    assert len(single) == n - mess["customers_missing"]
    assert (single["Marketing consent"] == "").sum() == mess["consent_empty"] > 0
    assert (single["Mobile"] == "").sum() == mess["phone_empty"] > 0
    assert (single["Name"] == "NA").sum() == mess["names_na"]
    no_id = (single["Employer"] != "") & (single["Employer ID"] == "")
    assert no_id.sum() == mess["employer_without_id"] > 0


def test_crm_says_what_is_true(bank):
    frame, _ = crm_export.export_crm(bank.population, bank.people, LAST, np.random.default_rng(0))
    frame = frame[frame["Customer ID"].str.len() == 6].drop_duplicates()
    row = frame["Customer ID"].str[1:].astype(int).to_numpy() - 10_001
    people = bank.people.iloc[row].reset_index(drop=True)
    consent = frame["Marketing consent"].map({"Y": True, "是": True, "N": False, "否": False}).to_numpy()
    known = ~pd.isna(consent)
    assert (consent[known].astype(bool) == people["consent"].to_numpy()[known]).all()
    stopped = frame["Do not contact"].isin(["Y", "是"]).to_numpy()
    assert (stopped == people["do_not_contact"].to_numpy()).all()
    digits = frame["Mobile"].str.replace(r"\+86|\D", "", regex=True)
    assert (digits[digits != ""].to_numpy() == people["phone"].to_numpy()[(digits != "").to_numpy()]).all()
    assert set(frame["Mobile"].str.replace(r"\d", "9", regex=True)) == {
        "", "99999999999", "999 9999 9999", "999-9999-9999", "+99 99999999999",
    }  # fmt: skip


def test_an_employer_is_called_by_its_own_name(bank):
    frame, _ = crm_export.export_crm(bank.population, bank.people, LAST, np.random.default_rng(0))
    named = frame[frame["Employer ID"] != ""]
    firm = named["Employer ID"].str[1:].astype(int).to_numpy() - 10_001
    assert (bank.people["name"].to_numpy()[firm] == named["Employer"].to_numpy()).all()
    assert company_names(np.array([10_001]), np.array([0])).dtype.kind == "U"


def test_links_are_the_known_ones_and_lead_the_right_way(bank):
    links = draw_links(bank.population, np.random.default_rng(1))
    industry = bank.people["industry"].set_axis(bank.population["number"])
    columns, mess = crm_export.export_links(links, industry, np.random.default_rng(0))
    frame = read(columns)
    assert frame.duplicated().sum() == mess["rows_repeated"] > 0
    assert mess["ties_unknown"] == (~links["known"]).sum()
    frame = frame.drop_duplicates()
    staff = frame["RELATION"] == "EMP"
    start = frame["COMPANY_ID"].where(~staff, frame["PARTY_ID"]).str[1:].astype(int)
    end = frame["PARTY_ID"].where(~staff, frame["COMPANY_ID"]).str[1:].astype(int)
    known = links[links["known"]]
    assert set(zip(start, end, strict=True)) == set(zip(known["number"], known["to_number"], strict=True))
    assert (
        frame["INDUSTRY"].to_numpy() == industry[frame["COMPANY_ID"].str[1:].astype(int)].to_numpy()
    ).all()


def test_history_is_chinese_and_fits_gb18030(bank):
    columns, mess = crm_export.export_history(bank.history, np.random.default_rng(0))
    frame = read(columns)
    assert frame.to_csv().encode("gb18030")
    assert len(frame) == len(bank.history) + mess["rows_repeated"] + mess["rows_of_strangers"]
    assert set(frame["分组"]) == {"实验组", "对照组"}
    assert set(frame["是否响应"]) == {"是", "否"}
    assert set(frame["渠道"]) == {"电话", "手机银行"}
    own = frame.iloc[: len(bank.history)]
    assert (own["金额"].astype(float).to_numpy() == bank.history["amount"].to_numpy()).all()
    assert (own["联系时间"] == "").sum() == bank.history["contacted_at"].isna().sum()


def test_surveys_keep_their_texts(bank):
    columns, mess = crm_export.export_surveys(bank.surveys, np.random.default_rng(0))
    frame = read(columns)
    assert len(frame) == len(bank.surveys)
    assert (frame["score"] == "").sum() == mess["scores_missing"] > 0
    assert (frame["comment"] == "").sum() == mess["comments_empty"] > 0
    assert frame["comment"].str.contains("\n").sum() == mess["comments_of_two_lines"] > 0
    assert frame["answered_on"].str.fullmatch(r"\d\d/\d\d/\d{4}").all()
