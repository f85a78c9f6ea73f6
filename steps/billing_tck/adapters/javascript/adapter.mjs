// An adapter in JavaScript: what the conformance kit calls, over standard streams.
//
//   billing-tck doctor --sut "stdio:node server.mjs"
//
// Fill the methods one after the other; README.md names a good order. A method that throws Unsupported is one
// that this system does not have (yet). What is asked for and refused throws
// new Refused('unpaid_invoice', 'words for people').
//
// Parameters come, and results go, as the wire has them: an instant is "2025-01-18T00:00:00Z", a day "2025-01-18",
// money "12.50". contract.mjs turns them into milliseconds and cents, and back. A method may be async.

import { Unsupported } from './contract.mjs'; // and Refused, centsOf, money, msOf, instant, day as you need them

export class Adapter {
  // ---- The session ----

  // Who answers, and what it can do. The kit asks this first. List a capability when all of its methods are
  // filled; list a reading (see `billing-tck readings`) when you know which value you took.
  describe_implementation() {
    return {
      name: 'my billing',
      version: '0',
      contract: '1',
      capabilities: [],
      readings: {},
      settles_within: 'PT0S', // how late an effect may show after its due time; at most PT24H
    };
  }

  // Forgets everything; the clock reads `now`, which may be earlier than before. Returns {}.
  reset({ now }) {
    this.now = now;
    return {};
  }

  // Moves the clock to `now`, the same instant or a later one. Before it returns, everything that fell due up
  // to and including `now` has happened, in the order of the due times, each thing dated by its own due time.
  // Returns {}.
  advance_to({ now }) {
    this.now = now;
    return {};
  }

  // ---- People and organizations ----

  // A person who has not verified the address yet. Returns {user}. Capability: onboarding.
  register_user({ email }) {
    throw new Unsupported();
  }

  // The address is verified. Again: done, changes nothing. Returns {}. Capability: onboarding.
  verify_email({ user }) {
    throw new Unsupported();
  }

  // The user signs in. Refused (not_verified) until the address is verified. Returns {}. Capability:
  // onboarding.
  sign_in({ user }) {
    throw new Unsupported();
  }

  // A new user says what the business is. Returns {}. Capability: onboarding.
  provide_business_info({ user }) {
    throw new Unsupported();
  }

  // A new organization, and a user who administers it. That user is verified, signed in, and has given
  // business information. Two organizations may have one name. Returns {organization, admin}.
  create_organization({ name }) {
    throw new Unsupported();
  }

  // A new user in the organization, whose `role` is admin or developer. Verified, signed in, business
  // information given. Returns {user}. Capability: onboarding.
  add_member({ organization, role }) {
    throw new Unsupported();
  }

  // The 30-day trial begins now, with `credits` dollars to use. Returns {}. Capability: trial.
  start_trial({ organization, credits }) {
    throw new Unsupported();
  }

  // `tier` is basic, scale or enterprise; chosen for the first time, or changed. Returns {}.
  choose_tier({ organization, tier }) {
    throw new Unsupported();
  }

  // ---- Services and usage ----

  // A new service: it runs, and holds data from now on. Refused while an invoice is unpaid (unpaid_invoice),
  // and when a trial has ended and nothing pays (no_billing_method). Returns {service}.
  create_service({ organization, replica_memory_gib = 8 }) {
    throw new Unsupported();
  }

  // A stopped service runs again. Running already: done. Refused when it is deleted (deleted), while an
  // invoice is unpaid (unpaid_invoice), or when a trial has ended and nothing pays (no_billing_method).
  // Returns {}.
  start_service({ service }) {
    throw new Unsupported();
  }

  // A running service is stopped by its owner. Stopped already: done. Deleted: refused (deleted). Returns {}.
  stop_service({ service }) {
    throw new Unsupported();
  }

  // Each replica has so many GiB from now on. Refused when it is deleted (deleted), or beyond the limit while
  // an invoice is unpaid (memory_cap). Returns {}.
  scale_service({ service, replica_memory_gib }) {
    throw new Unsupported();
  }

  // Usage that is priced already accrues at this instant, whatever state the services are in. Never refused.
  // Returns {}.
  record_usage({ organization, amount, item = 'compute' }) {
    throw new Unsupported();
  }

  // ---- Cards and collection ----

  // The card on file from now on, in place of any earlier one. Never refused. `behaviour` is what the card
  // network will answer: approves, declines, expired, invalid, or limited (approves up to `available_credit`
  // a charge). Returns {}. Capability: card.
  add_card({ organization, behaviour, available_credit = null }) {
    throw new Unsupported();
  }

  // What the card network answers from now on. Charges nothing by itself. Returns {}. Capability: card.
  set_card_behaviour({ organization, behaviour, available_credit = null }) {
    throw new Unsupported();
  }

  // Tries every open invoice once by the configured method. Returns {collected}: true when nothing is due any
  // more. Capability: card.
  attempt_collection({ organization }) {
    throw new Unsupported();
  }

  // This one invoice is paid in full by other means, as by bank transfer. Paid already: done. Returns {}.
  // Capability: pay_invoice.
  pay_invoice({ invoice }) {
    throw new Unsupported();
  }

  // ---- Marketplaces ----

  // An account on `marketplace` (aws, gcp or azure). May its user purchase there? Is the user signed in
  // there? Returns {account}. Capability: marketplace.aws, marketplace.gcp, marketplace.azure; onboarding
  // where a flag is false.
  open_marketplace_account({ marketplace, may_purchase = true, signed_in = true }) {
    throw new Unsupported();
  }

  // An `offer` is bought, and not linked yet: payg, free_trial or committed. Refused when the account may not
  // purchase (not_permitted) or is not signed in (not_signed_in), and for a second payg on one AWS account
  // while the first has not ended (already_subscribed). Returns {subscription}. Capability: with payg the
  // marketplace's; with free_trial aws_free_trial; with committed commitment.marketplace.
  subscribe({ account, offer, purchase_order = null }) {
    throw new Unsupported();
  }

  // The user completes the set-up. Without `organization` a new one is made, which the user administers.
  // Refused when the user is not verified or not signed in, when it is linked already (already_linked) or has
  // ended (ended), and when the user is no admin of the organization (not_admin). Returns {organization}.
  // Capability: the marketplace's.
  link_subscription({ subscription, user, organization = null }) {
    throw new Unsupported();
  }

  // The subscription ends now; `cause` is cancelled or not_renewed. Ended already: refused (ended). Returns
  // {}. Capability: the marketplace's.
  end_subscription({ subscription, cause }) {
    throw new Unsupported();
  }

  // ---- Contracts, credits, support ----

  // Committed spend: credits are granted now, to be used until `expires_at`. With a `subscription`
  // (committed, and linked) it is a marketplace commitment and is reported there at once; without one it is a
  // contract with the vendor. Returns {commitment}. Capability: commitment.direct; with a subscription
  // commitment.marketplace.
  sign_commitment({ organization, credits, expires_at, subscription = null }) {
    throw new Unsupported();
  }

  // A refund or a top-up, beside what is there. Returns {grant}. Capability: credits.
  grant_credits({ organization, amount, expires_at }) {
    throw new Unsupported();
  }

  // Deletion for unpaid invoices waits until `until`, where that is later than its own day. Returns {}.
  // Capability: extension.
  grant_extension({ organization, until }) {
    throw new Unsupported();
  }

  // The vendor has reached the customer about unpaid invoices. Returns {}. Capability: manual_deletion.
  record_contact({ organization }) {
    throw new Unsupported();
  }

  // The vendor deletes by hand. Refused (not_contacted) for an organization that ever had a commitment and
  // was not reached since its oldest unpaid invoice failed. Returns {}. Capability: manual_deletion.
  delete_data({ organization }) {
    throw new Unsupported();
  }

  // ---- What can be seen ----

  // Everything that can be seen of an organization. Reading changes nothing. The implementers' guide explains
  // each field.
  get_organization({ organization }) {
    // A view to begin with; instants are "2025-01-18T00:00:00Z", days "2025-01-18", money "12.50":
    //
    // return {
    //   billing_method: { kind: 'none', marketplace: null }, // what pays now
    //   card_on_file: false,
    //   trial: { state: 'none', started_at: null, ended_at: null, credits_left: null },
    //   billing_cycle: null, // or { first_day, last_day }
    //   restricted: false,
    //   services: [], // { service, state: 'running', replica_memory_gib: 8 }
    //   data: 'none', // 'present' once there was a service, 'deleted' after a deletion
    //   invoices: [], // { invoice, issued_at, amount, state: 'open', first_day, last_day }
    //   charges: [], // { at, amount, succeeded }
    //   credits: [], // { amount, left, granted_at, expires_at }
    //   marketplace_reports: [], // { subscription, at, kind: 'usage', item, amount }
    //   contacts: [], // instants
    // };
    throw new Unsupported();
  }

  // `state` is subscribed, linked or ended; `ends_at` is null while no end is known. Returns {offer, state,
  // organization, ends_at}. Capability: the marketplace's.
  get_subscription({ subscription }) {
    throw new Unsupported();
  }
}
