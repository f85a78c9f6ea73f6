"""The pages of the guide: `billing-tck guide NAME` prints one, and the site has all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

PAGES: Mapping[str, str] = MappingProxyType(
    {
        "implementers": "implementers-guide.md",
        "contract": "contract.md",
        "connections": "connections.md",
        "database": "databases.md",
        "ci": "ci.md",
        "pytest": "pytest.md",
        "green": "what-a-green-run-means.md",
        "check-trace": "check-trace.md",
        "log-mapping": "log-mapping.md",
        "explore": "explore.md",
        "infer": "infer.md",
        "impact": "impact.md",
        "decisions": "decisions.md",
        "site": "site.md",
        "coverage": "coverage.md",
        "corpus": "corpus.md",
        "teaching": "teaching.md",
        "export": "export.md",
        "security": "security.md",
        "performance": "performance.md",
        "glossary": "glossary.md",
        "architecture": "architecture.md",
    }
)
"""The file of each page by its name, in the order in which a newcomer may read them."""

FOLDER = Path(__file__).parent.parent / "docs"
