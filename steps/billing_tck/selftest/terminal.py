"""Render the result of the self-test on the terminal: figures, shortfalls, and a closing line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from billing_tck.clock import real_monotonic
from billing_tck.reports.progress import Styler
from billing_tck.selftest.assertion_mutation import MutationOutcome
from billing_tck.selftest.results import FaultsProof, ReadingsProof, VacuityProof
from billing_tck.selftest.runner import Proof
from billing_tck.selftest.tasks import ON_TIME, TaskResult
from billing_tck.spec.gherkin import Scenario
from billing_tck.text.sanitize import sanitize

_MOST = 20
PLAIN_INTERVAL = 10.0  # seconds between progress lines where the stream is not a terminal


class ProofProgress:
    """A progress line on a terminal; on other streams, one line every ten seconds."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream if stream.isatty() else None
        self._plain = None if stream.isatty() else stream
        self._shown = 0.0 if stream.isatty() else real_monotonic()

    def __call__(self, done: int, total: int, outcome: TaskResult) -> None:
        """Report a finished task."""
        now = real_monotonic()
        if self._stream is not None and now - self._shown >= 0.1:
            self._shown = now
            self._stream.write(f"\r\x1b[K{done} of {total}: {outcome.kind} {sanitize(outcome.name)[:60]}")
            self._stream.flush()
        if self._plain is not None and now - self._shown >= PLAIN_INTERVAL:
            self._shown = now
            print(f"{done} of {total} runs", file=self._plain, flush=True)

    def clear(self) -> None:
        """Clear the progress line."""
        if self._stream is not None and self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def render_proof(
    proof: Proof,
    *,
    workers: int,
    version: str,
    thens: Sequence[MutationOutcome] | None = None,
    folder: str | None = None,
    paint: Styler | None = None,
) -> str:
    """Return the result as text."""
    paint = paint or Styler()
    count = len(proof.suite.scenarios)
    blocks: list[list[str]] = [
        [f"billing-tck {version}: {count} scenarios, {len(proof.register.clauses)} clauses, {proof.suite.digest[:12]}"]
    ]
    if proof.faults is not None:
        blocks.append(list(_faults(proof.faults)))
    if thens is not None:
        blocks.append(list(_thens(thens)))
    if proof.readings is not None:
        blocks.append(list(_readings(proof.readings)))
    if proof.empty is not None:
        blocks.append(list(_empty(proof.empty)))
    if folder is not None:
        blocks.append([f"written to {sanitize(folder)}: proof.json, proof.html"])
    blocks.append([closing_line(proof, workers, paint)])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def closing_line(proof: Proof, workers: int, paint: Styler | None = None) -> str:
    """Return the closing line."""
    paint = paint or Styler()
    took = f"{proof.seconds:.0f} s in {workers} process{'es' * (workers != 1)}"
    said = list(shortfalls(proof))
    if proof.green:
        shown = {
            "every fault is caught": proof.faults,
            "no reading fails": proof.readings,
            "no null implementation conforms": proof.empty,
        }
        return f"{paint('Proved', 'conforms')}: {_and([words for words, part in shown.items() if part])}. {took}"
    return f"{paint('Not proved', 'deviates')}: {'; '.join(said) or 'nothing was selected'}. {took}"


def shortfalls(proof: Proof) -> Iterator[str]:
    """Yield what is missing."""
    if (faults := proof.faults) is not None:
        if not faults.faults:
            yield "the catalogue has no faults"
        yield from _some(len(faults.survivors), "fault", "survives", "survive")
        unsupported_claims = [claim for claim in faults.unsupported_claims if faults.caught[claim[0]]]
        yield from _some(len(unsupported_claims), "claim", "of a fault is unsupported", "of faults are unsupported")
        yield from _some(len(faults.unverified), "clause", "is unverified", "are unverified")
        yield from _some(len(faults.redundant), "scenario", "is redundant", "are redundant")
    if (readings := proof.readings) is not None:
        yield from _some(
            len(readings.runs) - readings.passed,
            "run",
            "fails a correct implementation",
            "fail a correct implementation",
        )
        yield from _some(len(readings.never_ran), "scenario", "never conformed", "never conformed")
    if (empty := proof.empty) is not None:
        given = len({found.clause for found in empty.false_conformances})
        yield from _some(given, "clause", "conforms in a null implementation", "conform in null implementations")


def _some(count: int, noun: str, singular: str, plural: str) -> Iterator[str]:
    if count:
        yield f"{count} {noun}{'s' * (count != 1)} {singular if count == 1 else plural}"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _figure(label: str, said: str) -> str:
    return f"  {label:<22}{said}"


def _of(count: int, total: int) -> str:
    return f"{count:>4} of {total}"


def _listed(lines: Iterable[str]) -> Iterator[str]:
    some = list(lines)
    for line in some[:_MOST]:
        yield f"    {sanitize(line)}"
    if len(some) > _MOST:
        yield f"    and {len(some) - _MOST} more (all in proof.json, with --report DIR)"


def _faults(proof: FaultsProof) -> Iterator[str]:
    yield "completeness: each fault makes a scenario of each of its clauses deviate"
    yield _figure("faults caught", _of(len(proof.faults) - len(proof.survivors), len(proof.faults)))
    yield from _listed(
        f"survives: {fault.name} ({', '.join(fault.clauses)}){_elsewhere(proof, fault.name)}"
        for fault in proof.survivors
    )
    claims = sum(len(fault.clauses) for fault in proof.faults)
    yield _figure("under each clause", f"{_of(claims - len(proof.unsupported_claims), claims)} clauses named by faults")
    yield from _listed(
        f"unsupported: {fault} names {clause}, but no scenario of the clause catches it"
        for fault, clause in proof.unsupported_claims
        if proof.caught[fault]
    )
    testable = len(proof.testable)
    yield _figure("clauses verified", f"{_of(testable - len(proof.unverified), testable)} testable")
    yield from _listed(f"unverified: {clause.id}  {clause.sentence}" for clause in proof.unverified)
    needed = len(proof.scenarios) - len(proof.redundant)
    alone = f", {len(proof.sole_killers)} of which are the only ones to catch some fault"
    yield _figure("scenarios needed", _of(needed, len(proof.scenarios)) + alone)
    yield from _listed(f"redundant: {_scenario(proof.scenarios[number])}" for number in proof.redundant)
    if proof.crashing:
        yield _figure("no valid answer", f"{len(proof.crashing):>4} (a faulty implementation crashed)")
        yield from _listed(
            f"{fault}: {_scenario(proof.scenarios[failed.scenario])}: {failed.said}" for fault, failed in proof.crashing
        )


def _elsewhere(proof: FaultsProof, fault: str) -> str:
    found = proof.elsewhere[fault]
    if not found:
        return ", no scenario deviates"
    return f", caught only by other clauses, first by {_scenario(proof.scenarios[found[0].scenario])}"


def _scenario(scenario: Scenario) -> str:
    return f"{scenario.place} ({', '.join(scenario.clauses)})  {scenario.name}"


def _thens(thens: Sequence[MutationOutcome]) -> Iterator[str]:
    idle = [outcome for outcome in thens if not outcome.red]
    share = 100 * (len(thens) - len(idle)) / max(1, len(thens))
    yield "assertion mutation: the self-test without each Then of the core and its Ands"
    yield _figure("noticed", f"{_of(len(thens) - len(idle), len(thens))}, {share:.0f} %")
    reasons: dict[str, int] = {}
    for outcome in thens:
        for why in outcome.why:
            reasons[why] = reasons.get(why, 0) + 1
    for why, count in sorted(reasons.items(), key=lambda pair: -pair[1]):
        yield f"    {count:>4} {why}"
    yield from _listed(
        f"unnoticed: {outcome.mutant.file}:{outcome.mutant.lines[0]}  {outcome.mutant.text}"
        + (
            f" (also caught by others: {', '.join(sorted({fault for fault, _ in outcome.lost}))})"
            if outcome.lost
            else ""
        )
        for outcome in idle
    )


def _readings(proof: ReadingsProof) -> Iterator[str]:
    ways = list(dict.fromkeys(reading.effects for reading, _ in proof.runs))
    why = [reading.why for reading, _ in proof.runs if reading.effects == ON_TIME]
    yield "soundness: the reference conforms under every reading"
    rows = f"{why.count('value')} single values, {why.count('pairs')} rows for all pairs"
    yield _figure("runs without failure", f"{_of(proof.passed, len(proof.runs))} ({rows}; {_and(ways)})")
    yield from _listed(
        f"fails: {reading.spec}: {_scenario(proof.scenarios[failed.scenario])}: {failed.said}"
        for reading, failed in proof.failures
    )
    ran = len(proof.scenarios) - len(proof.never_ran)
    yield _figure("scenarios that ran", _of(ran, len(proof.scenarios)))
    yield from _listed(f"never conformed: {_scenario(proof.scenarios[number])}" for number in proof.never_ran)


def _empty(proof: VacuityProof) -> Iterator[str]:
    yield "no vacuous scenarios: null implementations conform to no clause, with any declaration"
    most, outcome = max(proof.runs, key=lambda run: len(run[1].conforming))
    best = f"at most {len(outcome.conforming)} of {len(proof.scenarios)} scenarios pass: {most.name}"
    given = {found.clause: found for found in reversed(proof.false_conformances)}
    yield _figure("null implementations", f"{len(proof.runs):>4} ({best})")
    yield _figure("clauses that conform", f"{len(given) or 'none':>4}")
    yield from _listed(
        f"conforms: {found.clause} in {found.empty}, if it declares {', '.join(found.declares) or 'nothing'}: "
        + ", ".join(proof.scenarios[number].place for number in found.scenarios)
        for found in reversed(given.values())
    )
