"""Express a history as steps: one for each command, or one for several where a step covers them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from billing_tck.contract import Refused
from billing_tck.contract.capabilities import needed_for
from billing_tck.contract.values import Tier
from billing_tck.explorer.history import Command, History
from billing_tck.explorer.runner import Played
from billing_tck.explorer.scenario_commands import DAY, LINES, Context, Line, render
from billing_tck.explorer.scenario_names import NotExpressible, ObjectNames
from billing_tck.steps import (
    card_billing,
    organizations,
    time_passing,
    trial,
)
from billing_tck.steps.parameter_types import ORGANIZATIONS

MANY_WAITS = 4  # equal waits that become one step


@dataclass(frozen=True, slots=True)
class Scene:
    """A history as steps, without checks at its end, and the capabilities that it needs."""

    lines: tuple[Line, ...]
    names: ObjectNames
    needs: frozenset[str]


def scene_of(played: Played) -> Scene:
    """Express a history as steps. Raises NotExpressible."""
    return _StepWriter(played.history, _refusals(played)).scene()


def _refusals(played: Played) -> list[bool]:
    """Return for each command whether it is refused: as observed, but for the last one as expected."""
    answers = iter(
        answer for answer in played.answers if answer.method != "reset" and not answer.method.startswith("get_")
    )
    refused = []
    for _ in played.history.commands:
        answer = next(answers, None)
        refused.append(answer is not None and isinstance(answer.outcome, Refused))
    if played.differences and played.differences[0].field == "outcome" and refused:
        last = played.differences[0]
        if not last.method.startswith("get_"):
            refused[-1] = last.expected == "refused"
    return refused


class _StepWriter:
    """Writes the steps of one history."""

    def __init__(self, history: History, refused: Sequence[bool]) -> None:
        self._history = history
        self._refused = refused
        self._marketplaces: dict[str, str] = {}
        self._context = Context(history.start)

    def scene(self) -> Scene:
        """Write all steps. Raises NotExpressible."""
        needs: set[str] = set()
        lines = [Line("given", render(time_passing.it_is, instant=self._history.start), waits=True)]
        commands = self._history.commands
        place = 0
        while place < len(commands):
            rest, refused = commands[place:], self._refused[place:]
            line, taken = self._set_up(rest, refused) or self._equal_waits(rest) or (self._line(rest[0], refused[0]), 1)
            lines.append(line)
            for command in rest[:taken]:
                needs |= self._needs(command)
            place += taken
        return Scene(tuple(lines), self._context.names, frozenset(needs))

    def _needs(self, command: Command) -> frozenset[str]:
        named = command.named
        if command.method == "open_marketplace_account":
            self._marketplaces[command.makes[0]] = str(named["marketplace"])
        if command.method == "subscribe":
            self._marketplaces[command.makes[0]] = self._marketplaces.get(str(named["account"]), "")
        of = self._marketplaces.get(str(named.get("account") or named.get("subscription")))
        return needed_for(command.method, named, of or None)

    def _set_up(self, commands: Sequence[Command], refused: Sequence[bool]) -> tuple[Line, int] | None:
        """Express the set-up of an organization as one step; return it with the number of its commands."""
        if len(commands) < 2 or commands[0].method != "create_organization" or any(refused[:2]):
            return None
        label = commands[0].makes[0]
        made = {command.method: command for command in commands[1:4] if command.named.get("organization") == label}
        tier = made.get("choose_tier")
        if tier is None or tier.named["tier"] != Tier.SCALE:
            return None
        if len(made) == 3 and "create_service" in made and not any(refused[:4]):
            if (card := made.get("add_card")) is not None and card.named["behaviour"] == "approves":
                return self._with_service(card_billing.pays_by_card, commands[0], made), 4
            if (begun := made.get("start_trial")) is not None:
                return self._with_service(trial.on_trial, commands[0], made, amount=begun.named["credits"]), 4
        if commands[1] is not tier:
            return None
        return Line("given", render(organizations.organization_without_method, organization=self._name(commands[0]))), 2

    def _with_service(
        self, step: Callable[..., None], created: Command, made: Mapping[str, Command], **values: object
    ) -> Line:
        name = self._name(created)
        self._context.names.give_service(made["create_service"].makes[0], created.makes[0])
        return Line("given", render(step, organization=name, **values))

    def _name(self, created: Command) -> str:
        admin = created.makes[1] if len(created.makes) > 1 else None
        return self._context.names.give_organization(created.makes[0], admin)

    def _equal_waits(self, commands: Sequence[Command]) -> tuple[Line, int] | None:
        """Express many equal waits as one step; return it with their number."""
        span = commands[0].wait
        if span is None or span % DAY or ORGANIZATIONS[0] not in self._context.names.spoken.values():
            return None
        count = next((i for i, command in enumerate(commands) if command.wait != span), len(commands))
        if count < MANY_WAITS:
            return None
        self._context.now += count * span
        return Line("when", render(time_passing.time_passes_in_steps, span=count * span, step=span), waits=True), count

    def _line(self, command: Command, refused: bool) -> Line:
        if command.method not in LINES:
            raise NotExpressible(f"no step calls {command.method}")
        line = LINES[command.method](self._context, command, refused)
        return replace(line, method=command.method)
