"""A proof told on the terminal: the figures, whatever is missing, and one closing line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from billing_tck.clock import real_monotonic
from billing_tck.reports.progress import Styler
from billing_tck.selftest.assertion_mutation import MutationOutcome
from billing_tck.selftest.results import EmptyProof, FaultsProof, ReadingsProof
from billing_tck.selftest.runner import Proof
from billing_tck.selftest.tasks import ON_TIME, Outcome
from billing_tck.spec.gherkin import Scenario
from billing_tck.text.sanitize import sanitize

_MOST = 20


SELDOM = 10.0  # seconds


class ProofProgress:
    """How far a proof is, in one line that is written over; elsewhere than on a terminal, a line every ten seconds."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream if stream.isatty() else None
        self._plain = None if stream.isatty() else stream
        self._shown = 0.0 if stream.isatty() else real_monotonic()

    def __call__(self, done: int, total: int, outcome: Outcome) -> None:
        """One more unit is done."""
        now = real_monotonic()
        if self._stream is not None and now - self._shown >= 0.1:
            self._shown = now
            self._stream.write(f"\r\x1b[K{done} of {total}: {outcome.kind} {sanitize(outcome.name)[:60]}")
            self._stream.flush()
        if self._plain is not None and now - self._shown >= SELDOM:
            self._shown = now
            print(f"{done} of {total} runs", file=self._plain, flush=True)

    def clear(self) -> None:
        """Takes the line away."""
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
    """The whole text of a proof."""
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
    """The one line that says how it went."""
    paint = paint or Styler()
    took = f"{proof.seconds:.0f} s in {workers} process{'es' * (workers != 1)}"
    said = list(shortfalls(proof))
    if proof.green:
        shown = {
            "every fault is caught": proof.faults,
            "no reading fails": proof.readings,
            "no empty implementation conforms": proof.empty,
        }
        return f"{paint('Proved', 'conforms')}: {_and([words for words, part in shown.items() if part])}. {took}"
    return f"{paint('Not proved', 'deviates')}: {'; '.join(said) or 'there was nothing to prove'}. {took}"


def shortfalls(proof: Proof) -> Iterator[str]:
    """What is missing, each in a few words."""
    if (faults := proof.faults) is not None:
        if not faults.faults:
            yield "there are no faults"
        yield from _some(len(faults.survivors), "fault", "survives", "survive")
        unsupported_claims = [claim for claim in faults.unsupported_claims if faults.caught[claim[0]]]
        yield from _some(len(unsupported_claims), "claim", "of a fault is vain", "of faults are vain")
        yield from _some(len(faults.unverified), "clause", "is unproved", "are unproved")
        yield from _some(len(faults.redundant), "scenario", "is needless", "are needless")
    if (readings := proof.readings) is not None:
        yield from _some(len(readings.runs) - readings.passed, "run", "fails the innocent", "fail the innocent")
        yield from _some(len(readings.never_ran), "scenario", "never conformed", "never conformed")
    if (empty := proof.empty) is not None:
        given = len({gift.clause for gift in empty.gifts})
        yield from _some(given, "clause", "is given to an empty implementation", "are given to empty implementations")


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
    yield "complete: each fault makes a scenario of each of its clauses deviate"
    yield _figure("faults caught", _of(len(proof.faults) - len(proof.survivors), len(proof.faults)))
    yield from _listed(
        f"survives: {fault.name} ({', '.join(fault.clauses)}){_elsewhere(proof, fault.name)}"
        for fault in proof.survivors
    )
    claims = sum(len(fault.clauses) for fault in proof.faults)
    yield _figure(
        "under each clause", f"{_of(claims - len(proof.unsupported_claims), claims)} clauses that the faults name"
    )
    yield from _listed(
        f"in vain: {fault} names {clause}, and no scenario of it catches it"
        for fault, clause in proof.unsupported_claims
        if proof.caught[fault]
    )
    testable = len(proof.testable)
    yield _figure("clauses proved", f"{_of(testable - len(proof.unverified), testable)} testable")
    yield from _listed(f"unproved: {clause.id}  {clause.sentence}" for clause in proof.unverified)
    needed = len(proof.scenarios) - len(proof.redundant)
    alone = f", {len(proof.alone)} of which alone catch some fault"
    yield _figure("scenarios needed", _of(needed, len(proof.scenarios)) + alone)
    yield from _listed(f"needless: {_scenario(proof.scenarios[number])}" for number in proof.redundant)
    if proof.crashing:
        yield _figure("no answer to judge", f"{len(proof.crashing):>4} (a faulty implementation fell over)")
        yield from _listed(
            f"{fault}: {_scenario(proof.scenarios[failed.scenario])}: {failed.said}" for fault, failed in proof.crashing
        )


def _elsewhere(proof: FaultsProof, fault: str) -> str:
    found = proof.elsewhere[fault]
    if not found:
        return ", nothing deviates"
    return f", caught only elsewhere, first by {_scenario(proof.scenarios[found[0].scenario])}"


def _scenario(scenario: Scenario) -> str:
    return f"{scenario.place} ({', '.join(scenario.clauses)})  {scenario.name}"


def _thens(thens: Sequence[MutationOutcome]) -> Iterator[str]:
    idle = [worth for worth in thens if not worth.red]
    share = 100 * (len(thens) - len(idle)) / max(1, len(thens))
    yield "no idle words: a Then of the core is taken away with its Ands, and the proof asked again"
    yield _figure("turns red", f"{_of(len(thens) - len(idle), len(thens))}, {share:.0f} %")
    reasons: dict[str, int] = {}
    for worth in thens:
        for why in worth.why:
            reasons[why] = reasons.get(why, 0) + 1
    for why, count in sorted(reasons.items(), key=lambda pair: -pair[1]):
        yield f"    {count:>4} because {why}"
    yield from _listed(
        f"unnoticed: {worth.cut.file}:{worth.cut.lines[0]}  {worth.cut.text}"
        + (f" (others catch {', '.join(sorted({fault for fault, _ in worth.lost}))} too)" if worth.lost else "")
        for worth in idle
    )


def _readings(proof: ReadingsProof) -> Iterator[str]:
    ways = list(dict.fromkeys(reading.effects for reading, _ in proof.runs))
    why = [reading.why for reading, _ in proof.runs if reading.effects == ON_TIME]
    yield "sound: the reference conforms under every reading"
    rows = f"{why.count('value')} single values, {why.count('pairs')} rows for all pairs"
    yield _figure("runs without failure", f"{_of(proof.passed, len(proof.runs))} ({rows}; {_and(ways)})")
    yield from _listed(
        f"fails: {reading.spec}: {_scenario(proof.scenarios[failed.scenario])}: {failed.said}"
        for reading, failed in proof.failures
    )
    ran = len(proof.scenarios) - len(proof.never_ran)
    yield _figure("scenarios that ran", _of(ran, len(proof.scenarios)))
    yield from _listed(f"never conformed: {_scenario(proof.scenarios[number])}" for number in proof.never_ran)


def _empty(proof: EmptyProof) -> Iterator[str]:
    yield "not vacuous: who knows no rule conforms to no clause, whatever is declared"
    most, outcome = max(proof.runs, key=lambda run: len(run[1].conforming))
    best = f"the luckiest, {most.name}, passes {len(outcome.conforming)} single scenarios of {len(proof.scenarios)}"
    given = {gift.clause: gift for gift in reversed(proof.gifts)}
    yield _figure("empty implementations", f"{len(proof.runs):>4} ({best})")
    yield _figure("clauses that conform", f"{len(given) or 'none':>4}")
    yield from _listed(
        f"given: {gift.clause} to {gift.empty}, where it declares {', '.join(gift.declares) or 'nothing'}: "
        + ", ".join(proof.scenarios[number].place for number in gift.scenarios)
        for gift in reversed(given.values())
    )
