"""Generate the same scenarios for every contender: features of 8 cheap steps, with functions and calls."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

CONTENDERS = Path(__file__).parent / "contenders"
START = datetime(2025, 1, 7, 9, tzinfo=UTC)
STEPS = 8
FAMILIES = {
    "trial": "BC-02",
    "card_billing": "BC-15",
    "unpaid_invoices": "BC-29",
    "marketplace": "BC-36",
    "aws_onboarding": "AWS-22",
    "commitments": "BC-50",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """One scenario: the numbers that its steps are made of. About one text of a step in five is its own."""

    number: int

    @property
    def day(self) -> int:
        """The day on which it begins."""
        return self.number % 7

    @property
    def dollars(self) -> tuple[int, int]:
        """What is used, twice."""
        return 10 + self.number % 50, 7 + self.number % 3

    @property
    def days(self) -> int:
        """How long the clock moves on."""
        return 3 + self.number % 20

    @property
    def name(self) -> str:
        """What its organization is called."""
        return f"Acme{self.number}"

    def steps(self) -> Iterator[str]:
        """As Gherkin."""
        n, (first, second) = self.number, self.dollars
        yield f"Given in plan {n % 5} the clock stands at day {self.day}"
        yield f"And in plan {n % 5} there is an organization {self.name}"
        for more, event in enumerate(
            (
                f"in plan {n % 7} it uses {first} dollars",
                f"in plan {(n + 1) % 7} it uses {second} dollars",
                f"in plan {n % 3} {self.days} days pass",
            )
        ):
            yield f"When {event}"
            yield f"Then in plan {(n + more) % 10} the tier is scale"

    def calls(self) -> Iterator[tuple[str, dict[str, str]]]:
        """As calls of the contract."""
        now = START + timedelta(days=self.day)
        yield "reset", {"now": now.isoformat()}
        yield "create_organization", {"name": self.name}
        for dollars in self.dollars:
            yield "record_usage", {"organization": "o1", "amount": str(dollars)}
            yield "get_organization", {"organization": "o1"}
        yield "advance_to", {"now": (now + timedelta(days=self.days)).isoformat()}
        yield "get_organization", {"organization": "o1"}

    def function(self) -> Iterator[str]:
        """As a plain function of pytest."""
        looked = '    assert CALL("get_organization", {"organization": it}).tier == "scale"'
        yield f"def test_scenario_{self.number}():"
        yield f"    now = START + {self.day} * DAY"
        yield '    CALL("reset", {"now": now})'
        yield f'    it = CALL("create_organization", {{"name": "{self.name}"}}).organization'
        for dollars in self.dollars:
            yield f'    CALL("record_usage", {{"organization": it, "amount": Decimal({dollars})}})'
            yield looked
        yield f'    CALL("advance_to", {{"now": now + {self.days} * DAY}})'
        yield looked


def write_features(folder: Path, scenarios: int) -> None:
    """The scenarios as features, spread over the six families."""
    core = folder / "core"
    core.mkdir(parents=True)
    for family, drawn in _spread(scenarios):
        lines = [f"@{family}", f"Feature: {family}", "", f"  @{FAMILIES[family]}", "  Rule: A rule of its own", ""]
        for one in drawn:
            lines += [f"    Scenario: Scenario {one.number}", *(f"      {step}" for step in one.steps()), ""]
        (core / f"{family}.feature").write_text("\n".join(lines))


def write_functions(folder: Path, scenarios: int) -> None:
    """The scenarios as functions of plain pytest, spread as the features are."""
    folder.mkdir(parents=True)
    head = ["from decimal import Decimal", "from calls import CALL, DAY", "from noop import START", ""]
    for family, drawn in _spread(scenarios):
        lines = [line for one in drawn for line in (*one.function(), "")]
        (folder / f"test_{family}.py").write_text("\n".join([*head, *lines]))


def write_all(folder: Path, scenarios: int) -> None:
    """All that the contenders need, each in a folder of its own under `folder`."""
    shutil.copytree(CONTENDERS, folder, ignore=shutil.ignore_patterns("__init__.py", "__pycache__"))
    write_features(folder / "features", scenarios)
    write_functions(folder / "functions", scenarios)
    (folder / "calls.json").write_text(json.dumps([list(Drawn(n).calls()) for n in range(scenarios)]))
    for contender, files in (
        ("kit_pytest", {"kit_conftest.py": "conftest.py"}),
        ("kit_without_hooks", {"kit_without_hooks_conftest.py": "conftest.py"}),
        ("pytest_bdd", {"pytest_bdd_conftest.py": "conftest.py", "pytest_bdd_test.py": "test_features.py"}),
        ("behave", {"behave_steps.py": "features/steps/steps.py"}),
        ("cucumber", {"cucumber_steps.cjs": "steps.cjs"}),
    ):
        shutil.copytree(folder / "features" / "core", folder / contender / "features" / "core")
        for source, target in files.items():
            (folder / contender / target).parent.mkdir(exist_ok=True)
            shutil.move(folder / source, folder / contender / target)
    marks = "\n".join(f"    {mark}: a tag" for pair in FAMILIES.items() for mark in pair)
    for contender in ("kit_pytest", "kit_without_hooks", "pytest_bdd", "functions"):
        (folder / contender / "pytest.ini").write_text(f"[pytest]\nmarkers =\n{marks}\n")


def _spread(scenarios: int) -> Iterator[tuple[str, list[Drawn]]]:
    for place, family in enumerate(FAMILIES):
        drawn = [Drawn(number) for number in range(place, scenarios, len(FAMILIES))]
        if drawn:
            yield family, drawn
