"""Verdicts in pytest's output: an errored scenario is an error, known deviations do not fail, and all are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.junitxml import xml_key

from billing_tck.errors import Diagnostic
from billing_tck.pytest_plugin.configuration import Settings
from billing_tck.results.known_deviations import resolve, troubles
from billing_tck.results.record import format_verdict
from billing_tck.results.verdicts import WORDS, Errored, NotApplicable
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite, root_of

VERDICT, NEWER, KNOWN, SCENARIO = "verdict", "newer", "known", "scenario"
"""The names of user properties with which the process that runs a scenario tells the one that reports."""

_WORST = ("errored", "deviates", "conforms", "not_applicable")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The last attempt at one test: its scenario as `file:line`, and its verdict."""

    file: Path
    scenario: str
    verdict: str
    newer: bool
    known: bool


class VerdictReporter:
    """A plugin for runs with features of the kit: reports what pytest cannot know of verdicts.

    A test counts once, by its last attempt; a scenario that runs several times counts once, by its worst verdict.
    """

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._outcomes: dict[str, _Outcome] = {}
        self._diagnostics: tuple[Diagnostic, ...] = ()

    def pytest_report_header(self) -> list[str]:
        """Print the implementation, and where it is configured."""
        return self._settings.header()

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Report an errored scenario as an error: there was no answer to judge."""
        return ("error", "E", "ERROR") if _is_errored(report) else None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, object, object]:
        """Keep the verdict of the last attempt; make an errored scenario an error in the JUnit file."""
        printed = dict(report.user_properties)
        if VERDICT in printed:
            self._outcomes[report.nodeid] = _Outcome(
                self._config.rootpath / report.location[0],
                str(printed[SCENARIO]),
                str(printed[VERDICT]),
                NEWER in printed,
                KNOWN in printed,
            )
        result = yield
        if _is_errored(report):
            self._as_junit_error(report)
        return result

    def _as_junit_error(self, report: pytest.TestReport) -> None:
        xml = self._config.stash.get(xml_key, None)
        if xml is None:
            return
        for node in xml.node_reporter(report).nodes:
            if node.tag == "failure":
                node.tag = "error"
                xml.stats["failure"] -= 1
                xml.stats["error"] += 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that checked nothing, or with an entry for known deviations that is out of date."""
        if hasattr(self._config, "workerinput"):
            return
        self._diagnostics = tuple(self._out_of_date())
        if session.exitstatus != pytest.ExitCode.OK:
            return
        if self._diagnostics:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        elif self._nothing_checked() and session.testscollected == len(self._outcomes):
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

    def _nothing_checked(self) -> bool:
        return bool(self._outcomes) and all(o.verdict == NotApplicable.word for o in self._outcomes.values())

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print how many scenarios have each verdict, and what is out of date."""
        if not self._outcomes:
            return
        by_scenario: dict[tuple[Path, str], _Outcome] = {}
        for outcome in self._outcomes.values():
            key = outcome.file, outcome.scenario
            by_scenario[key] = min(by_scenario.get(key, outcome), outcome, key=lambda o: _WORST.index(o.verdict))
        found = by_scenario.values()
        terminalreporter.write_line(f"billing rules: {_counted(o for o in found if not o.newer)}")
        if terminalreporter.no_header or terminalreporter.verbosity < 0:
            terminalreporter.write_line(f"implementation: {self._settings.named}")
        if any(outcome.newer for outcome in found):
            count = Counter(outcome.verdict for outcome in found if outcome.newer)
            said = ", ".join(f"{count[word]} {format_verdict(word)}" for word in WORDS if count[word])
            terminalreporter.write_line(f"newer than the baseline, and not counted: {said}")
        if self._nothing_checked():
            terminalreporter.write_line("nothing was checked: no scenario applies to this implementation", red=True)
        for diagnostic in self._diagnostics:
            terminalreporter.write_line(f"out of date: {diagnostic}", red=True)

    def _out_of_date(self) -> Iterator[Diagnostic]:
        """Yield what is wrong with the entries for known deviations."""
        if not self._settings.known or not self._outcomes:
            return
        roots = {root_of(outcome.file) for outcome in self._outcomes.values()}
        scenarios = [scenario for root in sorted(roots) for scenario in load_suite(root).scenarios]
        clauses = {clause.id: clause.excluded for clause in load_register(features_dir()).clauses}
        entries = resolve(self._settings.known, scenarios, clauses)
        verdicts = {outcome.scenario: outcome.verdict for outcome in self._outcomes.values()}
        yield from troubles(entries, verdicts, self._settings.started.date())[0]


def _is_errored(report: object) -> bool:
    return (
        isinstance(report, pytest.TestReport)
        and report.when == "call"
        and report.failed
        and (VERDICT, Errored.word) in [tuple(pair) for pair in report.user_properties]
    )


def _counted(outcomes: Iterator[_Outcome]) -> str:
    every = list(outcomes)
    count = Counter(outcome.verdict for outcome in every)
    known = sum(outcome.known for outcome in every)
    said = [f"{count[word]} {format_verdict(word)}" for word in ("conforms", "deviates", "errored", "not_applicable")]
    said[1] += f" ({known} known)" if known else ""
    return ", ".join(said)
