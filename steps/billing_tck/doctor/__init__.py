"""The doctor: does an adapter speak the contract? Asked before any verdict, and no verdict about rules itself.

examination.py   the calls, what was found, and what to mend
cases.py         one plain case for each capability
checks.py        the checks, each a small named function
histories.py     one jump against many steps; reading that changes nothing
"""

from billing_tck.doctor.runner import CHECKS, Checked, Diagnosis, examine
from billing_tck.doctor.session import Finding, Weight

__all__ = ["CHECKS", "Checked", "Diagnosis", "Finding", "Weight", "examine"]
