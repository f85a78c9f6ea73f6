"""Methods of the contract: services and usage."""

from billing.desk import Answer, Desk, Money, OrganizationKey, Refused, ServiceKey
from billing.methods import lacks_method
from billing.people import begin_cycles
from billing.tables import Organization, Service, Usage

MEMORY_CAP = 120  # GiB per replica, BC-24


def create_service(desk: Desk, organization: OrganizationKey, replica_memory_gib: int = 8) -> Answer:
    """Create a service (BC-27)."""
    customer = desk.organization(organization)
    refuse_unpaid(customer)
    if desk.readings.no_method_create == "refused":
        refuse_without_method(desk, customer)
    service = desk.add(Service(organization=customer, memory=replica_memory_gib))
    customer.data = "present"
    if customer.service_day is None:
        customer.service_day = desk.now.date()
        begin_cycles(desk, customer)
    desk.close(customer)
    return {"service": f"svc-{service.id}"}


def start_service(desk: Desk, service: ServiceKey) -> Answer:
    """Start a service (BC-25, BC-26)."""
    subject = existing(desk, service)
    if subject.state == "stopped":
        refuse_unpaid(subject.organization)
        refuse_without_method(desk, subject.organization)
        subject.state, subject.stopped_for_debt = "running", False
    return {}


def stop_service(desk: Desk, service: ServiceKey) -> Answer:
    """Stop a service."""
    existing(desk, service).state = "stopped"
    return {}


def scale_service(desk: Desk, service: ServiceKey, replica_memory_gib: int) -> Answer:
    """Scale a service (BC-24)."""
    subject = existing(desk, service)
    if subject.organization.open_debts and replica_memory_gib > MEMORY_CAP:
        raise Refused("memory_cap", f"at most {MEMORY_CAP} GiB a replica while an invoice is unpaid")
    subject.memory = replica_memory_gib
    return {}


def record_usage(desk: Desk, organization: OrganizationKey, amount: Money, item: str = "compute") -> Answer:
    """Record usage; it is rated in its turn, after what fell due before."""
    customer = desk.organization(organization)
    customer.usages.append(Usage(at=desk.now, item=item, amount=amount))
    desk.close(customer)
    return {}


def existing(desk: Desk, key: int) -> Service:
    """Return a service that has not been deleted."""
    service = desk.service(key)
    if service.state == "deleted":
        raise Refused("deleted", "the service has been deleted")
    return service


def refuse_unpaid(organization: Organization) -> None:
    """Refuse while there are restrictions."""
    if organization.open_debts:
        raise Refused("unpaid_invoice", "an invoice is unpaid")


def refuse_without_method(desk: Desk, organization: Organization) -> None:
    """Refuse without a billing method."""
    if lacks_method(organization, desk.now, desk.readings):
        raise Refused("no_billing_method", "no billing method is configured")
