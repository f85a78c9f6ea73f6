#!/bin/sh
# An adapter in shell: what the conformance kit calls, one run of this script for each call.
#
#   billing-tck doctor --sut "stdio:billing-tck bridge -- sh adapter.sh"
#
# The bridge runs `sh adapter.sh METHOD`. The parameters are environment variables of their own names, defaults filled
# in, and one JSON object on standard input; $now is where the clock stands. Results are JSON on standard output, none
# where there is nothing to tell. Standard error is a free log. Exit status: 0 done, 10 refused, 20 unsupported.
# Between calls only files remember: keep them in the folder $TCK_STATE, which is empty at first and goes in the end.
#
# Fill the functions one after the other; README.md names a good order.

set -eu

# refuse REASON WORDS…: the system says no, as the rules want.
refuse() {
  printf '%s\n' "$*"
  exit 10
}

# unsupported: this system has no such thing (yet).
unsupported() {
  exit 20
}

# ---- The session ----

# Who answers, and what it can do. The kit asks this first. List a capability when all of its methods are
# filled; list a reading (see billing-tck readings) when you know which value you took.
describe_implementation() {
  cat <<'JSON'
{"name": "my billing", "version": "0", "contract": "1",
 "capabilities": [],
 "readings": {},
 "settles_within": "PT0S"}
JSON
}

# Forgets everything; the clock reads now, which may be earlier than before. Prints nothing.
# Given: $now
reset() {
  rm -rf "${TCK_STATE:?}"/*
}

# Moves the clock to now, the same instant or a later one. Before it returns, everything that fell due up to and
# including now has happened, in the order of the due times, each thing dated by its own due time. Prints
# nothing.
# Given: $now
advance_to() {
  :
}

# ---- People and organizations ----

# A person who has not verified the address yet. Prints {user}. Capability: onboarding.
# Given: $email
register_user() {
  unsupported
}

# The address is verified. Again: done, changes nothing. Prints nothing. Capability: onboarding.
# Given: $user
verify_email() {
  unsupported
}

# The user signs in. Refused (not_verified) until the address is verified. Prints nothing. Capability:
# onboarding.
# Given: $user
sign_in() {
  unsupported
}

# A new user says what the business is. Prints nothing. Capability: onboarding.
# Given: $user
provide_business_info() {
  unsupported
}

# A new organization, and a user who administers it. That user is verified, signed in, and has given business
# information. Two organizations may have one name. Prints {organization, admin}.
# Given: $name
create_organization() {
  unsupported
}

# A new user in the organization, whose role is admin or developer. Verified, signed in, business information
# given. Prints {user}. Capability: onboarding.
# Given: $organization $role
add_member() {
  unsupported
}

# The 30-day trial begins now, with credits dollars to use. Prints nothing. Capability: trial.
# Given: $organization $credits
start_trial() {
  unsupported
}

# tier is basic, scale or enterprise; chosen for the first time, or changed. Prints nothing.
# Given: $organization $tier
choose_tier() {
  unsupported
}

# ---- Services and usage ----

# A new service: it runs, and holds data from now on. Refused while an invoice is unpaid (unpaid_invoice), and
# when a trial has ended and nothing pays (no_billing_method). Prints {service}.
# Given: $organization $replica_memory_gib
create_service() {
  unsupported
}

# A stopped service runs again. Running already: done. Refused when it is deleted (deleted), while an invoice is
# unpaid (unpaid_invoice), or when a trial has ended and nothing pays (no_billing_method). Prints nothing.
# Given: $service
start_service() {
  unsupported
}

# A running service is stopped by its owner. Stopped already: done. Deleted: refused (deleted). Prints nothing.
# Given: $service
stop_service() {
  unsupported
}

# Each replica has so many GiB from now on. Refused when it is deleted (deleted), or beyond the limit while an
# invoice is unpaid (memory_cap). Prints nothing.
# Given: $service $replica_memory_gib
scale_service() {
  unsupported
}

# Usage that is priced already accrues at this instant, whatever state the services are in. Never refused.
# Prints nothing.
# Given: $organization $amount $item
record_usage() {
  unsupported
}

# ---- Cards and collection ----

# The card on file from now on, in place of any earlier one. Never refused. behaviour is what the card network
# will answer: approves, declines, expired, invalid, or limited (approves up to available_credit a charge).
# Prints nothing. Capability: card.
# Given: $organization $behaviour ${available_credit-}
add_card() {
  unsupported
}

# What the card network answers from now on. Charges nothing by itself. Prints nothing. Capability: card.
# Given: $organization $behaviour ${available_credit-}
set_card_behaviour() {
  unsupported
}

# Tries every open invoice once by the configured method. Prints {collected}: true when nothing is due any more.
# Capability: card.
# Given: $organization
attempt_collection() {
  unsupported
}

# This one invoice is paid in full by other means, as by bank transfer. Paid already: done. Prints nothing.
# Capability: pay_invoice.
# Given: $invoice
pay_invoice() {
  unsupported
}

# ---- Marketplaces ----

# An account on marketplace (aws, gcp or azure). May its user purchase there? Is the user signed in there?
# Prints {account}. Capability: marketplace.aws, marketplace.gcp, marketplace.azure; onboarding where a flag is
# false.
# Given: $marketplace $may_purchase $signed_in
open_marketplace_account() {
  unsupported
}

# An offer is bought, and not linked yet: payg, free_trial or committed. Refused when the account may not
# purchase (not_permitted) or is not signed in (not_signed_in), and for a second payg on one AWS account while
# the first has not ended (already_subscribed). Prints {subscription}. Capability: with payg the marketplace's;
# with free_trial aws_free_trial; with committed commitment.marketplace.
# Given: $account $offer ${purchase_order-}
subscribe() {
  unsupported
}

# The user completes the set-up. Without organization a new one is made, which the user administers. Refused
# when the user is not verified or not signed in, when it is linked already (already_linked) or has ended
# (ended), and when the user is no admin of the organization (not_admin). Prints {organization}. Capability: the
# marketplace's.
# Given: $subscription $user ${organization-}
link_subscription() {
  unsupported
}

# The subscription ends now; cause is cancelled or not_renewed. Ended already: refused (ended). Prints nothing.
# Capability: the marketplace's.
# Given: $subscription $cause
end_subscription() {
  unsupported
}

# ---- Contracts, credits, support ----

# Committed spend: credits are granted now, to be used until expires_at. With a subscription (committed, and
# linked) it is a marketplace commitment and is reported there at once; without one it is a contract with the
# vendor. Prints {commitment}. Capability: commitment.direct; with a subscription commitment.marketplace.
# Given: $organization $credits $expires_at ${subscription-}
sign_commitment() {
  unsupported
}

# A refund or a top-up, beside what is there. Prints {grant}. Capability: credits.
# Given: $organization $amount $expires_at
grant_credits() {
  unsupported
}

# Deletion for unpaid invoices waits until until, where that is later than its own day. Prints nothing.
# Capability: extension.
# Given: $organization $until
grant_extension() {
  unsupported
}

# The vendor has reached the customer about unpaid invoices. Prints nothing. Capability: manual_deletion.
# Given: $organization
record_contact() {
  unsupported
}

# The vendor deletes by hand. Refused (not_contacted) for an organization that ever had a commitment and was not
# reached since its oldest unpaid invoice failed. Prints nothing. Capability: manual_deletion.
# Given: $organization
delete_data() {
  unsupported
}

# ---- What can be seen ----

# Everything that can be seen of an organization. Reading changes nothing. The implementers' guide explains each
# field.
# Given: $organization
get_organization() {
  # A view to begin with; instants are "2025-01-18T00:00:00Z", days "2025-01-18", money "12.50":
  #
  # cat <<'JSON'
  # {"billing_method": {"kind": "none", "marketplace": null}, "card_on_file": false,
  #  "trial": {"state": "none", "started_at": null, "ended_at": null, "credits_left": null},
  #  "billing_cycle": null, "restricted": false, "services": [], "data": "none", "invoices": [], "charges": [],
  #  "credits": [], "marketplace_reports": [], "contacts": []}
  # JSON
  unsupported
}

# state is subscribed, linked or ended; ends_at is null while no end is known. Prints {offer, state,
# organization, ends_at}. Capability: the marketplace's.
# Given: $subscription
get_subscription() {
  unsupported
}

case ${1-} in
  describe_implementation | reset | advance_to | register_user | verify_email | sign_in | \
    provide_business_info | create_organization | add_member | start_trial | choose_tier | create_service | \
    start_service | stop_service | scale_service | record_usage | add_card | set_card_behaviour | \
    attempt_collection | pay_invoice | open_marketplace_account | subscribe | link_subscription | \
    end_subscription | sign_commitment | grant_credits | grant_extension | record_contact | delete_data | \
    get_organization | get_subscription)
    "$1"
    ;;
  *)
    unsupported
    ;;
esac
