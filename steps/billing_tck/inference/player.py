"""Play a history of actions, and record the answers with labels for identifiers, as the comparator takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from billing_tck.contract import ImplementationError, Refused, Unsupported
from billing_tck.explorer.history import IDENTIFIERS, Answer, relabelled
from billing_tck.explorer.runner import KIND_OF_RESULT, MADE
from billing_tck.inference.actions import ACTIONS
from billing_tck.situations.scene import START, Scene
from billing_tck.steps.world import Caller


@dataclass(slots=True)
class Played:
    """A history as far as it could be played: its answers, and the error that ended it, if any.

    `ends` are the numbers of answers after the reset and after each action that could be played.
    """

    answers: list[Answer] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    error: ImplementationError | None = None

    def actions_until(self, place: int) -> int:
        """Return how many actions were begun when an answer was given."""
        return sum(end <= place for end in self.ends)


def play(driver: Caller, actions: Sequence[str], marketplace: str = "aws") -> Played:
    """Play actions as far as they are possible; purchases are made on `marketplace`."""
    recorder = Recorder(driver, marketplace)
    played = Played(recorder.answers)
    try:
        recorder.call("reset", {"now": START})
        played.ends.append(len(recorder.answers))
        scene = Scene(START)
        for name in actions:
            taken = ACTIONS[name].play(recorder, scene)
            if taken is None:
                break
            scene = taken.scene
            played.ends.append(len(recorder.answers))
    except ImplementationError as error:
        played.error = error
    except (Refused, Unsupported):
        pass  # recorded as the last answer: nothing can be built on it
    return played


class Recorder:
    """A driver that records each call and its outcome, with labels in place of identifiers."""

    def __init__(self, driver: Caller, marketplace: str) -> None:
        self._driver = driver
        self._marketplace = marketplace
        self._now = START
        self._labels: dict[tuple[str, str], str] = {}
        self.answers: list[Answer] = []

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`."""
        if method == "open_marketplace_account":
            params = {**params, "marketplace": self._marketplace}
        now = params.get("now")
        if method in {"reset", "advance_to"} and isinstance(now, datetime):
            self._now = now
        shown = {
            name: self._label(name, str(value)) if name in IDENTIFIERS else value
            for name, value in params.items()
            if name != "now"
        }
        try:
            outcome = self._driver.call(method, params)
        except (Refused, Unsupported) as said:
            self.answers.append(Answer(self._now, method, shown, said))
            raise
        makes = self._made(method, params, outcome)
        self.answers.append(Answer(self._now, method, shown, relabelled(outcome, self._label), makes))
        return outcome

    def _label(self, kind: str, identifier: str) -> str:
        """Return the label of a thing; the kind is the name of a parameter or of a field."""
        return self._labels.get((KIND_OF_RESULT.get(kind, kind), identifier), identifier)

    def _made(self, method: str, params: Mapping[str, object], outcome: object) -> tuple[str, ...]:
        """Give labels to what a call made; return them."""
        if method == "link_subscription" and "organization" in params:
            return ()
        labels = []
        for name in MADE.get(method, ()):
            kind = KIND_OF_RESULT[name]
            number = 1 + sum(known == kind for known, _ in self._labels)
            label = f"{kind}-{number}"
            self._labels[kind, str(getattr(outcome, name))] = label
            labels.append(label)
        return tuple(labels)
