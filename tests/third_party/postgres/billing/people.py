"""Methods of the contract: people, organizations and the trial."""

from typing import Literal

from billing.dates import next_cycle
from billing.desk import Answer, Desk, Money, OrganizationKey, Refused, UserKey
from billing.tables import Member, Organization, User


def register_user(desk: Desk, email: str) -> Answer:
    """Register a person, who has not verified the address yet."""
    return {"user": f"user-{desk.add(User(clock_id=desk.clock.id, email=email)).id}"}


def verify_email(desk: Desk, user: UserKey) -> Answer:
    """Verify the address."""
    desk.find(User, user).verified = True
    return {}


def sign_in(desk: Desk, user: UserKey) -> Answer:
    """Sign in; the address must be verified before (AWS-22, AWS-23)."""
    person = desk.find(User, user)
    if not person.verified:
        raise Refused("not_verified", f"{person.email} has not been verified")
    person.signed_in = True
    return {}


def provide_business_info(desk: Desk, user: UserKey) -> Answer:
    """Give what has to be known of the business (AWS-24)."""
    desk.find(User, user).business_info = True
    return {}


def create_organization(desk: Desk, name: str) -> Answer:
    """Create an organization with an admin."""
    organization = desk.add(Organization(clock_id=desk.clock.id, name=name))
    return {"organization": f"org-{organization.id}", "admin": add_member(desk, organization.id, "admin")["user"]}


def add_member(desk: Desk, organization: OrganizationKey, role: Literal["admin", "developer"]) -> Answer:
    """Add a person who has done all that a new user has to do."""
    email = f"{role}@org-{organization}.example"
    person = User(clock_id=desk.clock.id, email=email, verified=True, signed_in=True, business_info=True)
    join(desk, desk.find(Organization, organization), desk.add(person), role)
    return {"user": f"user-{person.id}"}


def join(desk: Desk, organization: Organization, person: User, role: str) -> None:
    """Give a person a role in an organization."""
    desk.add(Member(organization_id=organization.id, user_id=person.id, role=role))


def start_trial(desk: Desk, organization: OrganizationKey, credits: Money) -> Answer:  # noqa: A002 - the contract's name
    """Begin the trial (BC-02)."""
    customer = desk.settled(organization)
    customer.trial_started_at, customer.trial_credits = desk.now, credits
    desk.close(customer)
    return {}


def choose_tier(desk: Desk, organization: OrganizationKey, tier: Literal["basic", "scale", "enterprise"]) -> Answer:
    """Choose a tier (BC-16); the first choice bears on the billing cycle."""
    customer = desk.organization(organization)
    customer.tier = tier
    if customer.tier_day is None:
        customer.tier_day = desk.now.date()
        begin_cycles(desk, customer)
    desk.close(customer)
    return {}


def begin_cycles(desk: Desk, organization: Organization) -> None:
    """Begin the first billing cycle, once what anchors it has happened (BC-15, BC-35)."""
    days = {
        "both": [organization.tier_day, organization.service_day],
        "tier": [organization.tier_day],
        "first_service": [organization.service_day],
    }[desk.readings.cycle_anchor]
    known = [day for day in days if day is not None]
    if organization.anchor is None and len(known) == len(days):
        anchor = max(known)
        organization.anchor = organization.cycle_first_day = anchor
        organization.cycle_next_day = next_cycle(anchor, anchor, 0, desk.readings)
