"""Generate a history: random lawful commands near deadlines, thresholds, cycle ends and month ends.

Each choice depends on the profile, the reference's state and the random numbers only, so that a seed always gives the
same history.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from billing_tck.explorer.draft import DAY, FAILING, HOUR, SECOND, Draft, facts
from billing_tck.explorer.history import Command, History, command, wait
from billing_tck.explorer.opening import choose_start, opening
from billing_tck.explorer.profiles import WEIGHTS, choose_profile
from billing_tck.explorer.proposals import PROPOSALS, WITHOUT_ORGANIZATION
from billing_tck.explorer.runner import Play

TRIES = 12
GOES_ON = (1, 6)  # how many random commands follow a history that is given
MANY_STEPS = 70  # a long wait in many small ones

SPANS = tuple(DAY * days for days in (1, 2, 3, 5, 6, 7, 9, 10, 12, 13, 14, 15, 20, 21, 25, 29, 30, 31, 32, 44, 45, 60))
LONG_SPANS = tuple(DAY * days for days in (70, 90, 100, 180, 365, 400, 500, 730, 2600, 3700))
_AT_ONCE = timedelta()
_CHARGEABLE = frozenset({"approves", "limited"})
_ANOTHER_DEBT = {"debt": 0.5, "commitment": 0.25, "aftermath": 0.25}


class Generator:
    """Chooses the commands of one history."""

    def __init__(
        self, random: Random, capabilities: frozenset[str], *, late: bool, begun: History | None = None
    ) -> None:
        self.random = random
        self.late = late
        self.profile = choose_profile(random, capabilities)
        self._draft = Draft(random, capabilities, self.profile)
        self._left = self.profile.commands
        self._begun = begun
        if begun is None:
            self._todo = opening(self._draft)
        else:
            self._todo, self._left = list(begun.commands), random.randint(*GOES_ON)

    def start(self) -> datetime:
        """Return the instant at which the history begins."""
        return choose_start(self.random) if self._begun is None else self._begun.start

    def __call__(self, play: Play) -> Command | None:
        """Return the next command that is possible as things stand, or None at the end of the history."""
        self._draft.confirm_links(play)
        while self._todo:
            first = self._todo.pop(0)
            if play.possible(first) and (self._begun is None or self._draft.is_supported(first)):
                return self._draft.remember(first)
        if self._left <= 0:
            return None
        self._left -= 1
        if self.random.random() < self.profile.waiting:
            waiting = self._wait(play)
            if waiting is not None:
                return waiting
        for _ in range(TRIES):
            chosen = self._propose(play)
            if chosen is not None and play.possible(chosen):
                self._follow_up(play, chosen)
                return self._draft.remember(chosen)
        return self._wait(play)

    def _propose(self, play: Play) -> Command | None:
        weights = WEIGHTS[self.profile.name]
        method = self.random.choices(list(weights), list(weights.values()))[0]
        if not self._draft.organizations and method not in WITHOUT_ORGANIZATION:
            return None
        proposed = PROPOSALS[method](self._draft, play)
        return proposed if proposed is not None and self._draft.is_supported(proposed) else None

    def _follow_up(self, play: Play, chosen: Command) -> None:
        """Plan what has to follow a command.

        Where an automatic retry would now collect an open invoice, collect it at once: retries have no schedule.
        """
        if chosen.method in {"add_card", "set_card_behaviour"} and chosen.named.get("behaviour") in _CHARGEABLE:
            label = str(chosen.named["organization"])
            if play.comparator.oracle.organization(play.comparator.ours[label]).open_invoices:
                self._todo.append(command("attempt_collection", organization=label))
        again = _ANOTHER_DEBT.get(self.profile.name, 0.0)
        if chosen.method in {"pay_invoice", "attempt_collection"} and self.random.random() < again:
            self._todo += self._another_debt(str(chosen.named["organization"]))

    def _another_debt(self, label: str) -> list[Command]:
        failing = self.random.choice(FAILING)
        commands = (
            command("set_card_behaviour", organization=label, behaviour=failing),
            command("record_usage", organization=label, amount=self._draft.price()),
            wait(DAY * 31),
        )
        return [chosen for chosen in commands if self._draft.is_supported(chosen)]

    # Waits

    def _wait(self, play: Play) -> Command | None:
        random = self.random
        span = self._to_a_due_time(play) if random.random() < self.profile.near else None
        if span is None:
            span = self._any_span()
        if self.late and span < 2 * DAY and random.random() < 0.8:
            span += 2 * DAY
        waiting = wait(span)
        if random.random() < 0.004 and play.possible(waiting):
            waiting = wait(DAY * random.choice((1, 2, 6)))
            self._todo += [waiting] * MANY_STEPS
        return waiting if play.possible(waiting) else self._instead_of_waiting(play)

    def _any_span(self) -> timedelta:
        random = self.random
        share = random.random()
        if share < 0.07:
            return random.choice(LONG_SPANS)
        if share < 0.2:
            return HOUR * random.choice((1, 2, 5, 11, 15)) + timedelta(minutes=random.choice((0, 0, 30)))
        return random.choice(SPANS)

    def _to_a_due_time(self, play: Play) -> timedelta | None:
        """Return a span that ends at a due time, or close to it."""
        random, oracle = self.random, play.comparator.oracle
        due = sorted({at for owner in oracle.organizations().values() for at in oracle.upcoming(owner)})
        if not due:
            return None
        at = due[min(int(random.expovariate(0.9)), len(due) - 1)]
        if self.late:
            offset = random.choice((-DAY, -DAY, 2 * DAY, 2 * DAY, 3 * DAY, DAY * random.randrange(2, 20)))
        else:
            exact = (_AT_ONCE, _AT_ONCE, _AT_ONCE, -SECOND, -SECOND, SECOND, DAY, -DAY, HOUR * 9)
            offset = random.choice((*exact, DAY * random.randrange(2, 40)))
        span = at + offset - play.now
        return span if span > timedelta() else None

    def _instead_of_waiting(self, play: Play) -> Command | None:
        """Return a command that makes waiting possible again where it leads to what is not tested."""
        for label, _ in self._draft.organizations:
            for chosen in (
                command("attempt_collection", organization=label),
                command("add_card", organization=label, behaviour="approves"),
            ):
                owner = facts(play, label)
                if owner is None or not self._draft.is_supported(chosen) or not play.possible(chosen):
                    continue
                if owner.open_invoices or (owner.subscriptions and owner.card is None):
                    return chosen
        return None
