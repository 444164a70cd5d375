"""A seeded synthetic bank: raw files as they come from four systems, and the planted truth.

`create_sample_bank` writes the files, `simulate_outcomes` plays the customers of a target
list. LAYOUT.md beside this file describes every file, column and code. Nobody in it is
real. Everything else here is generation, numbers in and frames out; only `files` touches
the disk.

What is planted (figures in `structure` and `effects`): six retail segments and three of
companies, which overlap (a classifier trained on the truth is right in about nine of ten
cases); seven lifecycle stages; 9% of retail customers whose behaviour moves to another
segment in the last three months; ties between employees, employers, suppliers and
buyers; the response of each segment to each offer by each channel.

The mess, as shares of a file's own rows unless said otherwise; ``truth/manifest.json``
counts each for the bank at hand:

==================  ==============================================================
file                mess
==================  ==============================================================
core customers      0.8% rows repeated, 0.4% rows in an older state, 0.05% rows
                    without a number; births 2% missing, 0.5% placeholder
                    1900-01-01, 10% with slashes; gender 1.5% unknown; occupation
                    4%, branch 0.8%, region 3% missing
core holdings       0.1% rows repeated, 0.005% balances unreadable, thousands
                    separators, maturity only from the tenth month on
core transactions   0.2% rows repeated, amounts in fen
CRM customers       2% of customers missing, 0.5% rows repeated, 0.1% strangers,
                    consent in four spellings and 3% empty, telephones in four
                    spellings and 1.5% empty, 40% of employers without an id, one
                    name in 5,000 "NA"
CRM links           20% of the true ties missing, 0.5% rows repeated
events              0.3% rows repeated, ids as integers
campaigns           GB18030, Chinese words, 0.2% rows repeated, 0.1% strangers
surveys             days first, 6% scores missing, 30% comments empty, 1% comments
                    over two lines, one in 300 beginning with "=" or "+"
==================  ==============================================================

Examples
--------
>>> import tempfile
>>> folder = create_sample_bank(tempfile.mkdtemp(), customers=300, months=12)
>>> (folder / "core_banking" / "customers.csv").read_text(encoding="utf-8-sig").splitlines()[0]
'CUST_NO,CUST_TYPE,GENDER_CD,BIRTH_DT,OPEN_DT,BRANCH_NM,REGION_NM,OCCUP_CD,INDUSTRY_CD,UPDATED_DT'
"""

from workbench.sample_bank.files import create_sample_bank, simulate_outcomes

__all__ = ["create_sample_bank", "simulate_outcomes"]
