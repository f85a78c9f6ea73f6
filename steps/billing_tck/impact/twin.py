"""The reference under two readings, side by side: the same calls, and what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from billing_tck.contract import Refused
from billing_tck.contract.values import DataState, InvoiceState, OrganizationView, SubscriptionView
from billing_tck.explorer.history import IDENTIFIERS
from billing_tck.explorer.runner import MADE
from billing_tck.reference.checkpoints import Checkpoint, RestorableReference
from billing_tck.steps.world import Caller


@dataclass(frozen=True, slots=True)
class Look:
    """What one of the two shows after an action: its view, its subscriptions, and how the commands ended.

    `lost` says whether its data was deleted at any time, also where there is new data since.
    """

    view: OrganizationView | None = None
    lost: bool = False
    subscriptions: tuple[SubscriptionView, ...] = ()
    refused: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """Both states, and how identifiers of the base are those of the other."""

    base: Checkpoint
    other: Checkpoint
    identifiers: Mapping[str, str]
    organization: str
    lost: tuple[bool, bool]


@dataclass(slots=True)
class Twin:
    """A driver of the base that does the same with the other; a call that the other cannot be asked is left out there.

    `looks` are what the base and the other show since the last `begin`.
    """

    base: RestorableReference
    other: RestorableReference
    _identifiers: dict[str, str] = field(default_factory=dict)
    _organization: str = ""
    looks: tuple[Look, Look] = (Look(), Look())

    def save(self) -> Saved:
        """Return a checkpoint of both."""
        lost = (self.looks[0].lost, self.looks[1].lost)
        return Saved(self.base.save(), self.other.save(), dict(self._identifiers), self._organization, lost)

    def restore(self, saved: Saved) -> None:
        """Go back to a checkpoint."""
        self.base.restore(saved.base)
        self.other.restore(saved.other)
        self._identifiers, self._organization = dict(saved.identifiers), saved.organization
        self.looks = (Look(lost=saved.lost[0]), Look(lost=saved.lost[1]))

    def begin(self) -> None:
        """Forget what was shown, but for whether data was lost."""
        self.looks = (Look(lost=self.looks[0].lost), Look(lost=self.looks[1].lost))

    def call(self, method: str, params: Mapping[str, object]) -> object:
        """See `Driver.call`: the answer is that of the base."""
        if method == "reset":
            self._identifiers, self._organization, self.looks = {}, "", (Look(), Look())
        translated = self._translated(params)
        mine = _attempt(self.base, method, params)
        theirs = None if translated is None else _attempt(self.other, method, translated)
        for name in MADE.get(method, ()):
            if hasattr(mine, name) and hasattr(theirs, name):
                self._identifiers[str(getattr(mine, name))] = str(getattr(theirs, name))
                if name == "organization":
                    self._organization = str(getattr(mine, name))
        first, second = self.looks
        self.looks = (_seen(first, method, mine), _seen(second, method, theirs))
        if isinstance(mine, Refused):
            raise mine
        return mine

    def _translated(self, params: Mapping[str, object]) -> dict[str, object] | None:
        """Return parameters with the identifiers of the other; None if it lacks one of the things."""
        translated: dict[str, object] = {}
        for name, value in params.items():
            if name not in IDENTIFIERS:
                translated[name] = value
            elif name == "invoice":
                invoice = self._invoice()
                if invoice is None:
                    return None
                translated[name] = invoice
            elif str(value) in self._identifiers:
                translated[name] = self._identifiers[str(value)]
            else:
                return None
        return translated

    def _invoice(self) -> str | None:
        """Return the oldest open invoice of the other, where the base pays its oldest open one."""
        view = self.other_view()
        unpaid = () if view is None else (one for one in view.invoices if one.state is InvoiceState.OPEN)
        return next((one.invoice for one in unpaid), None)

    @property
    def organizations(self) -> tuple[str, str]:
        """Return the organization of the base and of the other; empty texts before there is one."""
        return self._organization, self._identifiers.get(self._organization, "")

    def other_view(self) -> OrganizationView | None:
        """Return what the other shows of the organization now, or None before there is one."""
        if not self._organization:
            return None
        view = self.other.call("get_organization", {"organization": self._identifiers[self._organization]})
        return view if isinstance(view, OrganizationView) else None


def _attempt(driver: Caller, method: str, params: Mapping[str, object]) -> object:
    try:
        return driver.call(method, params)
    except Refused as refusal:
        return refusal


def _seen(look: Look, method: str, outcome: object) -> Look:
    """Return a look with an answer in it."""
    match outcome:
        case OrganizationView():
            return replace(look, view=outcome, lost=look.lost or outcome.data is DataState.DELETED)
        case SubscriptionView():
            return replace(look, subscriptions=(*look.subscriptions, outcome))
        case None if method not in {"reset", "advance_to"}:
            return look
    return replace(look, refused=(*look.refused, (method, isinstance(outcome, Refused))))
