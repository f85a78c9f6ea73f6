"""The names that steps use for the things of a history, given in the order in which the things are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from billing_tck.steps.parameter_types import ADMINS, ORGANIZATIONS, SERVICES


class NotExpressible(Exception):
    """No step definition expresses something; the message says what."""


@dataclass(slots=True)
class ObjectNames:
    """The names given so far.

    `spoken` maps labels to names, `counts` how many of a kind are named, `owners` labels of services to those of their
    organizations.
    """

    spoken: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def give(self, kind: str, label: str, names: Sequence[str]) -> str:
        """Give a thing the next name of its kind. Raises NotExpressible."""
        place = self.counts.get(kind, 0)
        self.counts[kind] = place + 1
        if place >= len(names):
            raise NotExpressible(f"more than {len(names)} things of one kind ({kind})")
        self.spoken[label] = names[place]
        return names[place]

    def of(self, label: object) -> str:
        """Return the name of a thing. Raises NotExpressible."""
        if str(label) not in self.spoken:
            raise NotExpressible(f"{label} has no name in the steps")
        return self.spoken[str(label)]

    def service(self, label: object) -> str:
        """Return the name of a service; steps name services of the first organization only. Raises NotExpressible."""
        if self.spoken.get(self.owners.get(str(label), "")) != ORGANIZATIONS[0]:
            raise NotExpressible("no step names a service of the other organization")
        return self.of(label)

    def give_organization(self, label: str, admin: str | None) -> str:
        """Give an organization and its admin the next names."""
        name = self.give("organization", label, ORGANIZATIONS)
        if admin is not None:
            self.give("admin", admin, ADMINS)
        return name

    def give_service(self, label: str, owner: str) -> None:
        """Give a service its name; one of the other organization gets a name for texts only."""
        self.owners[label] = owner
        if self.of(owner) == ORGANIZATIONS[0]:
            self.give("service", label, SERVICES)
            return
        place = self.counts.get(f"service of {owner}", 0)
        self.counts[f"service of {owner}"] = place + 1
        self.spoken[label] = f"service {place + 1} of {self.of(owner)}"

    def take(self, label: str, name: str) -> None:
        """Give a thing a name, which nothing else keeps."""
        for other in [other for other, taken in self.spoken.items() if taken == name]:
            del self.spoken[other]
        self.spoken[label] = name

    def in_text(self, text: str) -> str:
        """Return a text with names in place of labels."""
        for label in sorted(self.spoken, key=len, reverse=True):
            text = text.replace(label, self.spoken[label])
        return text
