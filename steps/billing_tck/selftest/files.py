"""`proof.json`: the complete result of the self-test, for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from billing_tck.results.header import utc_now
from billing_tck.selftest.assertion_mutation import MutationOutcome
from billing_tck.selftest.page import render_page
from billing_tck.selftest.results import FaultsProof, ReadingsProof, VacuityProof
from billing_tck.selftest.runner import Proof
from billing_tck.selftest.tasks import ScenarioFailure
from billing_tck.situations.coverage import Coverage
from billing_tck.spec.gherkin import Scenario
from billing_tck.text.files import replace_text

JSON, HTML = "proof.json", "proof.html"


def write_proof(
    folder: Path,
    proof: Proof,
    *,
    workers: int,
    version: str,
    thens: Sequence[MutationOutcome] | None = None,
    coverage: Coverage | None = None,
) -> None:
    """Write `proof.json` and `proof.html`; create the folder if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    content = as_json(proof, workers=workers, version=version, thens=thens)
    replace_text(folder / JSON, json.dumps(content, indent=1) + "\n")
    page = render_page(proof, workers=workers, version=version, made=utc_now(), thens=thens, coverage=coverage)
    replace_text(folder / HTML, page)


def as_json(
    proof: Proof, *, workers: int, version: str, thens: Sequence[MutationOutcome] | None = None
) -> Mapping[str, object]:
    """Return the content of `proof.json`; parts that were not selected are null."""
    return {
        "format": 1,
        "kit": version,
        "features": proof.suite.digest,
        "green": proof.green,
        "seconds": round(proof.seconds, 1),
        "workers": workers,
        "faults": _faults(proof.faults) if proof.faults is not None else None,
        "thens": _thens(thens) if thens is not None else None,
        "readings": _readings(proof.readings) if proof.readings is not None else None,
        "empty": _empty(proof.empty) if proof.empty is not None else None,
    }


def _places(scenarios: Sequence[Scenario], failed: Sequence[ScenarioFailure]) -> list[str]:
    return [scenarios[f.scenario].place for f in failed]


def _faults(proof: FaultsProof) -> dict[str, object]:
    return {
        "green": proof.green,
        "caught": len(proof.faults) - len(proof.survivors),
        "total": len(proof.faults),
        "proved": len(proof.testable) - len(proof.unverified),
        "testable": len(proof.testable),
        "needless": [proof.scenarios[number].place for number in proof.redundant],
        "survivors": [fault.name for fault in proof.survivors],
        "vain": [{"fault": fault, "clause": clause} for fault, clause in proof.unsupported_claims],
        "unproved": [clause.id for clause in proof.unverified],
        "catalogue": [
            {
                "name": fault.name,
                "sentence": fault.sentence,
                "family": fault.family,
                "clauses": list(fault.clauses),
                "declares": dict(fault.declares),
                "caught_by": _places(proof.scenarios, proof.caught[fault.name]),
                "elsewhere": _places(proof.scenarios, proof.elsewhere[fault.name]),
            }
            for fault in proof.faults
        ],
        "clauses": [
            {
                "id": clause.id,
                "excluded": clause.excluded,
                "proved_by": list(proof.proving.get(clause.id, ())),
                "also_broken_by": list(proof.secondary_kills.get(clause.id, ())),
            }
            for clause in proof.clauses
        ],
        "scenarios": [
            {
                "place": scenario.place,
                "name": scenario.name,
                "part": scenario.part,
                "clauses": list(scenario.clauses),
                "catches": list(proof.catches[number]),
                "catches_alone": list(proof.sole_killers.get(number, ())),
            }
            for number, scenario in enumerate(proof.scenarios)
        ],
    }


def _thens(thens: Sequence[MutationOutcome]) -> dict[str, object]:
    return {
        "red": sum(outcome.red for outcome in thens),
        "total": len(thens),
        "unnoticed": [
            {"file": w.mutant.file, "lines": list(w.mutant.lines), "text": w.mutant.text} for w in thens if not w.red
        ],
    }


def _readings(proof: ReadingsProof) -> dict[str, object]:
    return {
        "green": proof.green,
        "passed": proof.passed,
        "total": len(proof.runs),
        "never_ran": [proof.scenarios[number].place for number in proof.never_ran],
        "runs": [
            {
                "spec": reading.spec,
                "readings": dict(reading.values),
                "effects": reading.effects,
                "why": reading.why,
                "conforming": len(outcome.conforming),
                "failures": [
                    {"scenario": proof.scenarios[f.scenario].place, "verdict": f.word, "said": f.said}
                    for of, f in proof.failures
                    if of == reading
                ],
            }
            for reading, outcome in proof.runs
        ],
    }


def _empty(proof: VacuityProof) -> dict[str, object]:
    return {
        "green": proof.green,
        "gifts": [
            {
                "empty": found.empty,
                "clause": found.clause,
                "declares": list(found.declares),
                "scenarios": [proof.scenarios[number].place for number in found.scenarios],
            }
            for found in proof.false_conformances
        ],
        "implementations": [
            {
                "name": empty.name,
                "sentence": empty.sentence,
                "conforming": len(outcome.conforming),
                "partly": {
                    clause: f"{good} of {of}" for clause, (good, of) in proof.partly_conforming(outcome).items()
                },
            }
            for empty, outcome in proof.runs
        ],
    }
