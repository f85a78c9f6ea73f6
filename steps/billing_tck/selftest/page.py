"""`proof.html`: a proof as one page that needs no network and no script, and can be printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from billing_tck.reference.catalogue import FaultEntry
from billing_tck.selftest.assertion_mutation import MutationOutcome
from billing_tck.selftest.results import EmptyProof, FaultsProof, ReadingsProof
from billing_tck.selftest.runner import Proof
from billing_tck.selftest.tasks import Failed
from billing_tck.selftest.terminal import closing_line
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Clause, Family
from billing_tck.text.markup import Markup, element, joined

_MISSED, _FIRST = "✗", "★"


def render_page(proof: Proof, *, workers: int, version: str, thens: Sequence[MutationOutcome] | None = None) -> str:
    """The page."""
    title = "The proof that the kit judges rightly"
    style = Markup((Path(__file__).parent / "style.css").read_text(encoding="utf-8"))
    sections = list(_sections(proof))
    body = [
        element(
            "header",
            element("h1", title),
            element(
                "p",
                f"billing-tck {version}, {len(proof.suite.scenarios)} scenarios, "
                f"{len(proof.register.clauses)} clauses, features ",
                element("code", proof.suite.digest[:12]),
                class_="soft",
            ),
            _verdict(proof, workers),
            element("ul", *_figures(proof, thens), class_="figures"),
        ),
        element(
            "nav",
            element("ul", *(element("li", element("a", name, href=f"#{anchor}")) for anchor, name, _ in sections)),
            aria_label="Parts of the proof",
        ),
        element("main", *(element("section", element("h2", name), *of, id=anchor) for anchor, name, of in sections)),
        element("footer", "Written by ", element("code", "billing-tck prove"), "; the same for machines: proof.json."),
    ]
    head = [
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", f"{title}: billing-tck {version}"),
        element("style", style),
    ]
    return f"<!doctype html>\n{element('html', element('head', *head), element('body', *body), lang='en')}\n"


def _sections(proof: Proof) -> Iterator[tuple[str, str, list[Markup]]]:
    if (faults := proof.faults) is not None:
        yield "faults", "Faults", list(_faults(faults))
        yield "clauses", "Clauses", list(_clauses(faults))
        yield "scenarios", "Scenarios", list(_scenarios(faults))
    if (readings := proof.readings) is not None:
        yield "readings", "Readings", list(_readings(readings))
    if (empty := proof.empty) is not None:
        yield "empty", "Empty implementations", list(_empty(empty))


def _verdict(proof: Proof, workers: int) -> Markup:
    mark, class_ = ("✓", "good") if proof.green else (_MISSED, "bad")
    return element("p", f"{mark} {closing_line(proof, workers)}", class_=f"verdict {class_}")


def _figures(proof: Proof, thens: Sequence[MutationOutcome] | None) -> Iterator[Markup]:
    if (faults := proof.faults) is not None:
        total, testable = len(faults.faults), len(faults.testable)
        yield _figure(f"{total - len(faults.survivors)} of {total}", "faults caught", good=not faults.survivors)
        proved = testable - len(faults.unverified)
        yield _figure(f"{proved} of {testable}", "testable clauses proved", good=not faults.unverified)
        count = len(faults.scenarios)
        needed = count - len(faults.redundant)
        yield _figure(f"{needed} of {count}", "scenarios needed", good=not faults.redundant)
        yield _figure(str(len(faults.alone)), "scenarios that alone catch some fault")
    if thens is not None:
        red = sum(worth.red for worth in thens)
        yield _figure(f"{100 * red // max(1, len(thens))} %", "of Thens whose loss turns the proof red")
    if (readings := proof.readings) is not None:
        passed = f"{readings.passed} of {len(readings.runs)}"
        yield _figure(passed, "runs under readings without a failure", good=readings.green)
    if (empty := proof.empty) is not None:
        given = len({gift.clause for gift in empty.gifts})
        yield _figure(str(given or "none"), f"clauses given to {len(empty.runs)} empty implementations", good=not given)


def _figure(number: str, label: str, *, good: bool | None = None) -> Markup:
    mark = None
    if good is not None:
        mark = element("span", "✓ shown" if good else f"{_MISSED} short", class_=f"mark {'good' if good else 'bad'}")
    return element("li", element("b", number), label, mark)


# Faults


def _faults(proof: FaultsProof) -> Iterator[Markup]:
    yield element(
        "p",
        "Each fault is the reference implementation with one deliberate mistake. It is caught when a scenario of a "
        "clause that it breaks deviates; what deviates elsewhere does not count. A number says how many scenarios of "
        "the clause caught the fault; a fault's name opens to which they are.",
    )
    yield element(
        "ul",
        element(
            "li", element("span", "3", class_="named"), " broken by the fault, caught by 3 scenarios of the clause"
        ),
        element(
            "li",
            element("span", f"{_FIRST}3", class_="named"),
            " the scenario that caught it first is among them",
        ),
        element("li", element("span", "2"), " caught here as well, though the fault does not name the clause"),
        element(
            "li", element("span", _MISSED, class_="missed"), " named by the fault, and no scenario of it caught it"
        ),
        class_="legend",
    )
    if proof.survivors:
        names = [_fault_link(fault.name) for fault in proof.survivors]
        yield element("p", element("strong", f"{len(names)} survive: ", class_="bad"), joined(names, ", "))
    order = [clause.id for clause in proof.clauses]
    families = [family for family in Family if any(fault.family == family for fault in proof.faults)]
    for family in families:
        members = [fault for fault in proof.faults if fault.family == family]
        shown = {clause for fault in members for clause in _clauses_met(proof, fault)}
        columns = [clause for clause in order if clause in shown]
        yield element("h3", f"{family.replace('_', ' ')}: {len(members)} fault{'s' * (len(members) != 1)}")
        head = element("tr", element("th", "Fault"), *(element("th", _clause_link(clause)) for clause in columns))
        rows = [_fault_row(proof, fault, columns) for fault in members]
        table = element("table", element("thead", head), element("tbody", *rows), class_="matrix")
        yield element("div", table, class_="scroll", tabindex="0", role="region", aria_label=f"Faults: {family}")


def _clauses_met(proof: FaultsProof, fault: FaultEntry) -> set[str]:
    met = {clause for failed in proof.caught[fault.name] for clause in proof.scenarios[failed.scenario].clauses}
    return met | set(fault.clauses)


def _fault_row(proof: FaultsProof, fault: FaultEntry, columns: Sequence[str]) -> Markup:
    caught = proof.caught[fault.name]
    first = set(proof.scenarios[caught[0].scenario].clauses) if caught else set[str]()
    cells = []
    for clause in columns:
        count = sum(clause in proof.scenarios[failed.scenario].clauses for failed in caught)
        if clause in fault.clauses:
            mark = _FIRST if clause in first else None
            cells.append(element("td", mark, count or _MISSED, class_="named" if count else "missed"))
        else:
            cells.append(element("td", count or "", class_="other"))
    return element("tr", element("th", _fault_details(proof, fault), id=f"f-{fault.name}", scope="row"), *cells)


def _fault_details(proof: FaultsProof, fault: FaultEntry) -> Markup:
    caught, elsewhere = proof.caught[fault.name], proof.elsewhere[fault.name]
    told: list[Markup] = []
    if caught:
        told.append(element("p", "first: ", _scenario_link(proof, caught[0])))
        if caught[1:]:
            told += [element("p", f"and {len(caught) - 1} more:"), _list(proof, caught[1:])]
    else:
        told.append(element("p", f"{_MISSED} caught by no scenario of its clauses", class_="bad"))
    if elsewhere and (proof.everything or not caught):
        told.append(element("p", f"deviates in {len(elsewhere)} scenarios of other clauses too"))
    return element("details", element("summary", element("code", fault.name)), element("p", fault.sentence), *told)


def _list(proof: FaultsProof, failed: Iterable[Failed]) -> Markup:
    return element("ul", *(element("li", _scenario_link(proof, f)) for f in failed))


def _scenario_link(proof: FaultsProof, failed: Failed) -> Markup:
    scenario = proof.scenarios[failed.scenario]
    return element("a", scenario.name, href=f"#s-{failed.scenario}", title=f"{scenario.place}, line {failed.line}")


def _fault_link(name: str) -> Markup:
    return element("a", element("code", name), href=f"#f-{name}")


def _clause_link(clause: str) -> Markup:
    return element("a", clause, href=f"#c-{clause}")


# Clauses


def _clauses(proof: FaultsProof) -> Iterator[Markup]:
    share = 100 * (len(proof.testable) - len(proof.unverified)) / max(1, len(proof.testable))
    yield element(
        "p",
        f"{share:.0f} % of the testable clauses are proved: a fault that breaks the clause first of all is caught by a "
        "scenario of it.",
    )
    head = _head("Clause", "What it says", "Proved by", "Also broken by")
    rows = [
        element(
            "tr",
            element("td", element("strong", clause.id), id=f"c-{clause.id}", class_="id"),
            element("td", clause.sentence, class_="sentence"),
            _proving(proof.proving[clause.id]),
            element(
                "td", joined(map(_fault_link, proof.secondary_kills[clause.id]), ", "), data_label="Also broken by"
            ),
        )
        for clause in proof.testable
    ]
    yield _table(head, rows)
    yield from _excluded([clause for clause in proof.clauses if not clause.testable])


def _proving(faults: Sequence[str]) -> Markup:
    if not faults:
        return element("td", element("strong", f"{_MISSED} no fault", class_="bad"), data_label="Proved by")
    return element("td", joined(map(_fault_link, faults), ", "), data_label="Proved by")


def _excluded(clauses: Sequence[Clause]) -> Iterator[Markup]:
    if clauses:
        rows = [
            element(
                "tr",
                element("td", element("strong", c.id), class_="id"),
                element("td", c.sentence, class_="sentence"),
                element("td", c.excluded, data_label="Not tested"),
            )
            for c in clauses
        ]
        table = _table(_head("Clause", "What it says", "Why nothing tests it"), rows)
        yield element("details", element("summary", f"{len(clauses)} clauses that no scenario can cover"), table)


# Scenarios


def _scenarios(proof: FaultsProof) -> Iterator[Markup]:
    yield element(
        "p",
        "Every scenario catches a fault of its own clauses, or it is needless: redundant, or the catalogue lacks a "
        "fault.",
    )
    numbered = list(enumerate(proof.scenarios))
    for file, group in groupby(numbered, key=lambda pair: pair[1].file):
        members = list(group)
        rows = [_scenario_row(proof, number, scenario) for number, scenario in members]
        alone = sum(number in proof.alone for number, _ in members)
        yield element("h3", f"{file}: {len(members)} scenarios, {alone} catch some fault alone")
        yield _table(_head("Line", "Scenario", "Clauses", "Catches", "Alone"), rows)


def _scenario_row(proof: FaultsProof, number: int, scenario: Scenario) -> Markup:
    catches = proof.catches[number]
    if catches:
        names = element("ul", *(element("li", _fault_link(fault)) for fault in catches))
        said = element("details", element("summary", f"{len(catches)} fault{'s' * (len(catches) != 1)}"), names)
    else:
        said = element("strong", f"{_MISSED} none", class_="bad")
    return element(
        "tr",
        element("td", scenario.line, data_label="Line"),
        element("td", scenario.name, id=f"s-{number}"),
        element("td", joined(map(_clause_link, scenario.clauses), ", "), data_label="Clauses"),
        element("td", said, data_label="Catches"),
        element("td", joined(map(_fault_link, proof.alone.get(number, ())), ", "), data_label="Alone"),
    )


# Readings and empty implementations


def _readings(proof: ReadingsProof) -> Iterator[Markup]:
    yield element(
        "p",
        "The reference takes each value of each knob by itself, and rows in which every pair of values of every two "
        "knobs occurs; with effects at their due time, and with a daily sweep that shows them late. Whatever applies "
        "to it must conform: the core each time, and the edges of the readings that it declares.",
    )
    if proof.never_ran:
        places = ", ".join(proof.scenarios[number].place for number in proof.never_ran)
        yield element("p", element("strong", f"{_MISSED} conformed in no run: {places}"), class_="bad")
    ways = list(dict.fromkeys(reading.effects for reading, _ in proof.runs))
    rows = []
    for values, group in groupby(proof.runs, key=lambda run: run[0].values):
        runs = {reading.effects: (reading, outcome) for reading, outcome in group}
        why = next(iter(runs.values()))[0].why
        said = ", ".join(f"{knob}={value}" for knob, value in values) or "the defaults"
        cells = []
        for way in ways:
            reading, outcome = runs[way]
            failures = [failed for of, failed in proof.failures if of == reading]
            good = element("span", f"✓ {len(outcome.conforming)} conform", class_="good")
            bad = element(
                "details",
                element("summary", f"{_MISSED} {len(failures)} fail", class_="bad"),
                element("ul", *(element("li", f"{proof.scenarios[f.scenario].place}: {f.said}") for f in failures)),
            )
            cells.append(element("td", bad if failures else good, data_label=_effects(way), class_="tight"))
        covers = "one value" if why == "value" else "pairs"
        rows.append(element("tr", element("td", element("code", said)), element("td", covers, class_="tight"), *cells))
    yield _table(_head("Declared, besides the defaults", "Covers", *map(_effects, ways)), rows)


def _effects(way: str) -> str:
    return {"before_midnight": "late, swept before midnight", "morning": "late, swept in the morning"}.get(way, way)


def _empty(proof: EmptyProof) -> Iterator[Markup]:
    yield element(
        "p",
        "Implementations that know no rule and keep no facts. Single scenarios conform by their nature (who always "
        "shows running services is right whenever they run), but a clause conforms only with all its applicable core "
        "scenarios, and there is always one that it does not pass, whatever capabilities it declares.",
    )
    if proof.gifts:
        yield element("h3", f"{_MISSED} Clauses that are given away", class_="bad")
        yield _table(_head("Clause", "To", "Where it declares", "By these scenarios"), list(_gifts(proof)))
    rows = [
        element(
            "tr",
            element("td", element("code", empty.name)),
            element("td", empty.sentence),
            element("td", len(outcome.conforming), class_="number", data_label="Scenarios that conform"),
            element("td", _partly(proof.spoiled(outcome)), data_label="Not counted, because"),
        )
        for empty, outcome in proof.runs
    ]
    yield _table(_head("Name", "What it does", "Scenarios that conform", "Not counted, because"), rows)


def _gifts(proof: EmptyProof) -> Iterator[Markup]:
    alike: dict[tuple[str, tuple[str, ...], tuple[int, ...]], list[str]] = {}
    for gift in proof.gifts:
        alike.setdefault((gift.clause, gift.declares, gift.scenarios), []).append(gift.empty)
    for (clause, declares, numbers), names in alike.items():
        more = f" and {len(names) - 1} more" if names[1:] else None
        yield element(
            "tr",
            element("td", element("strong", clause), class_="id"),
            element("td", element("code", names[0]), more, data_label="To"),
            element("td", ", ".join(declares) or "nothing", data_label="Where it declares"),
            element("td", ", ".join(proof.scenarios[n].place for n in numbers), data_label="By"),
        )


def _partly(spoiled: Mapping[str, tuple[int, int]]) -> Markup:
    if not spoiled:
        return Markup("nothing conforms")
    lines = [element("li", f"{clause}: {good} of {of} scenarios") for clause, (good, of) in spoiled.items()]
    said = f"{len(spoiled)} clause{'s' * (len(spoiled) != 1)} only in part"
    return element("details", element("summary", said), element("ul", *lines))


def _head(*names: str) -> Markup:
    return element("thead", element("tr", *(element("th", name, scope="col") for name in names)))


def _table(head: Markup, rows: Sequence[Markup]) -> Markup:
    return element("div", element("table", head, element("tbody", *rows), class_="wide stacked"), class_="scroll")
