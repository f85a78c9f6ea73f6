"""Check that an adapter implements the contract, before any verdict about rules.

session.py              the calls to the implementation, and the findings
findings.py, advice.py  findings; how to fix a call without a valid answer
cases.py                one simple case for each capability
checks.py               declarations, answers and refusals
clock_checks.py         the clock: reset, advance_to, reading without effect
edge_value_checks.py    unusual amounts, texts and numbers of organizations
equivalence_checks.py   one jump against daily steps; lists in chronological order
runner.py               all checks in order, and the diagnosis
"""

from billing_tck.doctor.findings import Finding, Severity
from billing_tck.doctor.runner import CHECKS, CheckResult, Diagnosis, examine

__all__ = ["CHECKS", "CheckResult", "Diagnosis", "Finding", "Severity", "examine"]
