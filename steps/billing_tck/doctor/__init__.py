"""Check that an adapter implements the contract, before any verdict about rules.

session.py              the calls of one examination, and the findings
findings.py, advice.py  what a finding is; how to fix a call without a usable answer
cases.py                one plain case for each capability
checks.py               what is declared, answered and refused
clock_checks.py         the clock: reset, advance_to, reading without effect
edge_value_checks.py    unusual amounts, texts and numbers of organizations
equivalence_checks.py   one jump against many steps; lists in order of time
"""

from billing_tck.doctor.findings import Finding, Weight
from billing_tck.doctor.runner import CHECKS, Checked, Diagnosis, examine

__all__ = ["CHECKS", "Checked", "Diagnosis", "Finding", "Weight", "examine"]
