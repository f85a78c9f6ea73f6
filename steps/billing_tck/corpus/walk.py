"""One history while it is built: the reference, what was called, and the comparator that says what is open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from billing_tck.contract.values import Description, Offer, SubscriptionState, UserRef
from billing_tck.corpus.corpus_file import Numbered
from billing_tck.corpus.graph import Graph
from billing_tck.corpus.recorder import Recorder
from billing_tck.explorer.history import Command, History
from billing_tck.explorer.runner import Play, Subject
from billing_tck.reference.checkpoints import RestorableReference
from billing_tck.situations.alphabet import ALPHABET, Taken, buy, make_call
from billing_tck.situations.scene import START, Scene, called

MOST_SUBSCRIPTIONS = 2
"""Steps have names for two subscriptions, and sign commitments through the first one only."""

MOST_WITHOUT_NAMES = 4

LINKS: Mapping[str, tuple[Offer, bool]] = {
    "link-payg": (Offer.PAYG, True),
    "link-free-trial": (Offer.FREE_TRIAL, True),
    "link-committed": (Offer.COMMITTED, True),
    "link-by-developer": (Offer.PAYG, False),
}
_NEW = frozenset({"link-new-payg", "link-new-free-trial", "link-new-committed"})


class OpenCall(Exception):
    """A call whose outcome the documents leave open."""


class Walk:
    """A history while it is built.

    A subscription that was bought is kept until it is linked: a link that is refused does not use it up. `strict`
    refuses calls whose outcome is open; otherwise the comparator is left behind at the first of them. `named` keeps to
    what steps have names for.
    """

    def __init__(self, description: Description, *, strict: bool, named: bool = True) -> None:
        self.scene = Scene(START)
        self.commands: list[Command] = []
        self.open_from: int | None = None
        self.strict = strict
        self._play = Play(Subject(RestorableReference(), description, timedelta()), START)
        self._reference = RestorableReference()
        self._recorder = Recorder(self._reference, START, self._before, self._after)
        self._spare: dict[Offer, str] = {}
        self._bought: list[str] = []
        self._named = named
        self._most = MOST_SUBSCRIPTIONS if named else MOST_WITHOUT_NAMES
        self._developer = ""

    def numbered(self, number: int) -> Numbered:
        """Return what was built, without purchases that nothing uses."""
        used = {label for command in self.commands for label in command.labels()}
        kept = [command for command in self.commands if command.method != "subscribe" or command.makes[0] in used]
        used = {label for command in kept for label in command.labels()}
        kept = [one for one in kept if one.method != "open_marketplace_account" or one.makes[0] in used]
        open_from = self.open_from
        if open_from is not None:
            open_from -= sum(command not in kept for command in self.commands[:open_from])
        return Numbered(number, History(START, tuple(kept)), open_from)

    def take(self, action: str) -> Taken | None:
        """Play an action; return None where it is not possible. Raises OpenCall where it is strict."""
        if action in LINKS:
            taken = self._link(*LINKS[action])
        elif (self._named and action == "sign-marketplace" and not self._first_is_linked()) or (
            action in _NEW and self._bought
        ):
            taken = None
        else:
            taken = ALPHABET[action].play(self._recorder, self.scene)
        if taken is not None:
            self.scene = taken.scene
            if action in _NEW and taken.scene.facts is not None:
                self._bought.append(taken.scene.facts.subscriptions[0])
        return taken

    def expand(self, graph: Graph) -> None:
        """Note in the graph what each action leads to from here."""
        checkpoint, changed = self._reference.save(), False
        for name, action in ALPHABET.items():
            if changed:
                self._reference.restore(checkpoint)
            taken = action.play(self._reference, self.scene)
            changed = taken is not None
            if taken is not None:
                graph.note(self.scene, name, taken)
        self._reference.restore(checkpoint)

    def cost(self, action: str) -> int:
        """Return how many calls an action takes; 0 where it is not possible in this history."""
        if action not in LINKS:
            return 1
        offer, by_admin = LINKS[action]
        extra = 0 if by_admin or self._developer else 1
        if offer in self._spare:
            return 1 + extra
        return 0 if len(self._bought) >= self._most else 3 + extra

    def _link(self, offer: Offer, by_admin: bool) -> Taken | None:
        scene = self.scene
        if scene.facts is None or any(one.state is SubscriptionState.LINKED for one in scene.subscriptions):
            return None
        if offer not in self._spare:
            if len(self._bought) >= self._most:
                return None
            self._spare[offer] = buy(self._recorder, offer)
            self._bought.append(self._spare[offer])
        user = scene.admin
        if not by_admin:
            params: Mapping[str, object] = {"organization": scene.organization, "role": "developer"}
            self._developer = self._developer or called(self._recorder, "add_member", params, UserRef).user
            user = self._developer
        link = {"subscription": self._spare[offer], "user": user, "organization": scene.organization}
        taken = make_call(self._recorder, scene, "link_subscription", link, offer)
        if by_admin:
            del self._spare[offer]
        return taken

    def _first_is_linked(self) -> bool:
        facts = self.scene.facts
        if facts is None or not self._bought or self._bought[0] not in facts.subscriptions:
            return False
        place = facts.subscriptions.index(self._bought[0])
        return self.scene.subscriptions[place].state is SubscriptionState.LINKED

    def _before(self, command: Command) -> None:
        if self.open_from is None and not self._play.possible(command):
            if self.strict:
                raise OpenCall(command.method)
            self.open_from = len(self.commands)

    def _after(self, command: Command) -> None:
        self.commands.append(command)
        if self.open_from is None:
            found = self._play.do(command)
            if found:
                raise AssertionError(f"the reference differs from itself: {found[0]}")
