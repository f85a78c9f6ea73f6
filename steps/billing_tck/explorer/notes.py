"""What the rules leave open about an organization, noted while a history is played."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Notes:
    """What the rules leave open about an organization, kept beside the reference's state.

    deletion_open       two weeks passed after a trial that ended without a method, of an organization that had a
                        commitment, or a method that came and went in between: whether its data and services were
                        deleted is open
    overspent_at        when usage went beyond the trial's credits: who pays for that is open
    by_hand             the vendor deleted the data: what becomes of the services is open
    deleted_with_trial  services whose data was deleted after the trial: they are stopped, or deleted as well
    state_undefined     services created without a billing method: their state is open
    stopped_by_owner    services that their owner stopped
    stopped_by_trial    services stopped by the trial's end before a method came: they may be started again or not
    lapsed              the trial ended without a billing method, before the latest command
    parts               a charge that the card covers in part: how much was collected is open
    moved               usage was moved to a marketplace: its items are open
    cardless            something owed and not invoiced yet was used without a card on file
    owing               an invoice was open before the latest command
    cleared             when the last open invoice was paid
    disturbed           the latest command with an effect that may show late
    switched            when a card began to pay, without any other effect
    spent               the latest usage that took credits, without any other effect
    used                the latest usage
    """

    deletion_open: bool = False
    overspent_at: datetime | None = None
    by_hand: bool = False
    deleted_with_trial: set[str] = field(default_factory=set)
    state_undefined: set[str] = field(default_factory=set)
    stopped_by_owner: set[str] = field(default_factory=set)
    stopped_by_trial: set[str] = field(default_factory=set)
    lapsed: bool = False
    parts: bool = False
    moved: bool = False
    cardless: bool = False
    owing: bool = False
    cleared: datetime | None = None
    disturbed: datetime | None = None
    switched: datetime | None = None
    spent: datetime | None = None
    used: datetime | None = None
