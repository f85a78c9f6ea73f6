"""Draw the timeline at the top of README: the life of an unpaid invoice."""

from __future__ import annotations

from pathlib import Path

from billing_tck.jupyter import gherkin

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "steps" / "billing_tck" / "docs" / "timeline.svg"
STEPS = """
Given it is 18 January 2025
And an organization that pays by card
And the organization creates a service
And the organization uses $120.00 and its card is declined at the end of the billing cycle
When 40 days pass
Then the organization's data is deleted
"""


def picture() -> str:
    """Return the timeline as an SVG document that stands alone."""
    (run,) = gherkin(STEPS).runs
    drawn: str = run.timeline._repr_mimebundle_()["image/svg+xml"]
    return drawn + "\n"
