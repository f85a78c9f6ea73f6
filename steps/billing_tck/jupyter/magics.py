"""`%load_ext billing_tck`: `%%scenario`, `%%exercise`, `%scenario`, `%phrases`, `%decide` and others."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import NoReturn

from IPython.core.completer import CompletionContext, SimpleMatcherResult, context_matcher
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from billing_tck.decisions_file import FILE as DECISIONS
from billing_tck.errors import KitError
from billing_tck.jupyter.cell_errors import CellErrors
from billing_tck.jupyter.cells import keep_empty_cells, matcher
from billing_tck.jupyter.decide import decisions_of, record
from billing_tck.jupyter.display import Displayable, publish
from billing_tck.jupyter.grade_card import GradeCard
from billing_tck.jupyter.listings import Implementation
from billing_tck.jupyter.scenario_runs import ScenarioRuns
from billing_tck.jupyter.session import NotebookSession, WrongRequest, session
from billing_tck.jupyter.side_by_side import SideBySide
from billing_tck.results.header import utc_now
from billing_tck.spec.gherkin import Scenario
from billing_tck.steps.gherkin_cell import CellError
from billing_tck.steps.introductions import problem_of
from billing_tck.teaching.feedback import MOST_HINTS


class _Options(argparse.ArgumentParser):
    """Options of a magic; errors show without a traceback."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"%{self.prog}: {message}")


def _options(name: str, what: str) -> _Options:
    options = _Options(prog=name, description=what, add_help=False, allow_abbrev=False)
    options.add_argument("--sut", metavar="SPEC", help="the implementation, instead of the one that %%sut chose")
    options.add_argument("--reading", action="append", default=[], metavar="KNOB=VALUE", help="for the reference")
    options.add_argument("--beside", metavar="SPEC|KNOB=VALUE", help="a second implementation, or a second reading")
    options.add_argument("--as", dest="name", metavar="NAME", help="keep the result under this name")
    return options


_WORD = re.compile(r"""(?<!\S)(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')(?!\S)|(?P<plain>\S+)""")


def _words(line: str) -> list[str]:
    """Split a line into words; quotes count around whole words only, because titles contain apostrophes."""
    return [found["double"] or found["single"] or found["plain"] or "" for found in _WORD.finditer(line)]


@magics_class
class BillingMagics(Magics):
    """The magics of one kernel, which share its state."""

    def __init__(self, shell: InteractiveShell, chosen: NotebookSession | None = None) -> None:
        super().__init__(shell)
        self.session = chosen or session()

    @no_var_expand
    @cell_magic("scenario")  # type: ignore[arg-type] # IPython's own annotation fits no method
    def scenario_cell(self, line: str, cell: str) -> None:
        """Run the Gherkin of the cell: steps alone, a Scenario, or an Outline with Examples.

        %%scenario [--sut SPEC] [--reading KNOB=VALUE …] [--beside SPEC|KNOB=VALUE] [--as NAME]

        Without a "Given it is …" the clock is at 7 January 2025, 09:00. `%phrases` lists the step definitions.

        An example:

            %%scenario --beside deadline_instant=end_of_day --as mine
            Given an organization with an active trial and $300.00 of trial credits
            When 33 days pass
            Then the organization's services are stopped
        """
        options = _options("%scenario", "runs the Gherkin of the cell").parse_args(_words(line))
        try:
            scenarios = self.session.gherkin(cell)
        except CellError as error:
            self._keep(options, CellErrors(error.problems))
            return
        self._asked(lambda: self._run(options, scenarios))

    @no_var_expand
    @cell_magic
    def exercise(self, line: str, cell: str) -> None:
        """Grade the Gherkin of the cell as scenarios of a clause; each further attempt gets more hints.

        %%exercise CLAUSE [--hints 1|2|3] [--as NAME]

        An example:

            %%exercise BC-29
            Given an organization that pays by card
            And the organization uses $120.00 and its card is declined at the end of the billing cycle
            When 16 days pass
            Then the organization's services are stopped
        """
        parser = _Options(prog="%exercise", description="grades a scenario", add_help=False, allow_abbrev=False)
        parser.add_argument("clause")
        parser.add_argument("--hints", type=int, choices=range(1, MOST_HINTS + 1))
        parser.add_argument("--as", dest="name")
        options = parser.parse_args(_words(line))
        try:
            self._asked(lambda: self._keep(options, self.session.graded(options.clause, cell, options.hints)))
        except CellError as error:
            self._keep(options, CellErrors(error.problems))

    @no_var_expand
    @line_magic
    def scenario(self, line: str) -> None:
        """Run a scenario of the kit by its name or `file:line`, or all of a clause.

        %scenario NAME-or-CLAUSE [--sut SPEC] [--reading KNOB=VALUE …] [--beside SPEC|KNOB=VALUE] [--as NAME]

        Examples:

            %scenario BC-29
            %scenario BC-29 --sut faulty:stop-after-21-days
            %scenario 16 days after the failed charge, services are stopped --as stopped

        A scenario of your own is a cell that begins with `%%scenario`.
        """
        parser = _options("scenario", "runs a scenario of the kit")
        parser.add_argument("names", nargs="*")
        options = parser.parse_args(_words(line))
        name = " ".join(options.names)
        if not name:
            raise UsageError("%scenario needs the name of a scenario, or a clause: %scenario BC-29")
        self._asked(lambda: self._run(options, self.session.find(name)))

    @line_magic
    def clauses(self, line: str) -> None:
        """Show a clause with its scenarios, readings and faults; without an id all clauses, or those of a family.

        Examples: `%clauses`, `%clauses trial`, `%clauses BC-29`
        """
        names = _words(line)
        for name in names or [""]:
            self._asked(lambda name=name: publish(self._clauses(name)))  # type: ignore[misc]

    def _clauses(self, name: str) -> Displayable:
        return self.session.clause(name) if "-" in name else self.session.ledger(name or None)

    @line_magic
    def phrases(self, line: str) -> None:
        """List step definitions with examples; with words only those that contain them.

        Examples: `%phrases`, `%phrases card declined`
        """
        self._asked(lambda: publish(self.session.phrases(_words(line))))

    @line_magic
    def readings(self, line: str) -> None:
        """List the choices that the documents leave open: one knob, those of a clause, or all.

        Examples: `%readings`, `%readings unpaid_clock`, `%readings BC-29`
        """
        self._asked(lambda: publish(self.session.knobs(_words(line))))

    @line_magic
    def faults(self, line: str) -> None:
        """List the faults of the reference: those of a clause or a family, or all.

        Examples: `%faults`, `%faults trial`, `%faults BC-29`
        """
        self._asked(lambda: publish(self.session.fault_table(_words(line))))

    @no_var_expand
    @line_magic
    def decide(self, line: str) -> None:
        """Show what `decisions.toml` decides, and what each choice does to customers; or add a decision.

        %decide [KNOB …] [--file FILE] [--sut SPEC]
        %decide KNOB=VALUE --why "…" --owner NAME [--status proposed] [--file FILE]

        Examples:

            %decide marketplace_end
            %decide marketplace_end=stops_at_end --why "Without a billing method nothing runs" --owner Ada
            %decide --sut python:my_package.adapter:factory
        """
        parser = _Options(prog="decide", description="shows or adds decisions", add_help=False, allow_abbrev=False)
        parser.add_argument("names", nargs="*")
        for name in ("why", "owner", "sut"):
            parser.add_argument(f"--{name}")
        parser.add_argument("--status", default="decided")
        parser.add_argument("--file", default=DECISIONS)
        self._asked(lambda: publish(self._decide(parser.parse_args(_words(line)))))

    def _decide(self, options: argparse.Namespace) -> Displayable:
        new = [name for name in options.names if "=" in name]
        if not new:
            return decisions_of(options.names, options.file, options.sut)
        if len(options.names) > 1:
            raise WrongRequest("add one decision at a time: %decide KNOB=VALUE --why … --owner …")
        if not options.why or not options.owner:
            raise WrongRequest('say why, and who decides: %decide KNOB=VALUE --why "…" --owner NAME')
        record(
            new[0],
            why=options.why,
            owner=options.owner,
            day=utc_now().date(),
            status=options.status,
            file=options.file,
        )
        return decisions_of([new[0].partition("=")[0]], options.file, options.sut)

    @line_magic
    def sut(self, line: str) -> None:
        """Choose the implementation for what follows; without a SPEC print the chosen one.

        Examples: `%sut`, `%sut reference`, `%sut python:my_package.adapter:factory`, `%sut http://127.0.0.1:8080`
        """
        spec = line.strip()

        def choose() -> None:
            described = self.session.describe(spec or self.session.sut)
            self.session.sut = spec or self.session.sut
            publish(Implementation(self.session.sut, described))

        self._asked(choose)

    def _run(self, options: argparse.Namespace, scenarios: tuple[Scenario, ...]) -> None:
        try:
            self._run_all(options, scenarios)
        except KitError as fault:
            self._keep(options, CellErrors((problem_of(fault),), "This cannot be carried out as it is written."))

    def _run_all(self, options: argparse.Namespace, scenarios: tuple[Scenario, ...]) -> None:
        chosen = self.session.spec(options.sut, options.reading)
        if options.beside is None:
            self._keep(options, self.session.run(scenarios, chosen))
            return
        other = self.session.other(options.beside, options.sut, options.reading)
        for one in scenarios:
            self._keep(options, self.session.beside(one, chosen, other))

    def _keep(self, options: argparse.Namespace, result: ScenarioRuns | SideBySide | CellErrors | GradeCard) -> None:
        kept = result[0] if isinstance(result, ScenarioRuns) and len(result) == 1 else result
        if options.name:
            if not options.name.isidentifier():
                raise UsageError(f"%scenario: --as {options.name!r} is no name")
            if self.shell is not None:
                self.shell.user_ns[options.name] = kept
        publish(result)

    def _asked(self, do: Callable[[], None]) -> None:
        try:
            do()
        except WrongRequest as error:
            raise UsageError(str(error)) from None


def load(shell: InteractiveShell) -> None:
    """Register the magics and the completions; a second time changes nothing."""
    if "billing_tck" in getattr(shell, "_billing_tck_loaded", ()):
        return
    shell._billing_tck_loaded = ("billing_tck",)  # type: ignore[attr-defined]
    magics = BillingMagics(shell)
    shell.register_magics(magics)
    shell.input_transformer_manager.cleanup_transforms.insert(0, keep_empty_cells)

    @context_matcher(identifier="billing_tck.scenario")  # type: ignore[untyped-decorator]
    def scenario_matcher(context: CompletionContext) -> SimpleMatcherResult:
        return matcher(context, magics.session)

    if shell.Completer is not None:
        shell.Completer.custom_matchers.append(scenario_matcher)
