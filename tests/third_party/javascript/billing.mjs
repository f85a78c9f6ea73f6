// A small, complete billing implementation: trial, card billing, unpaid invoices, AWS onboarding,
// marketplaces, commitments and credits. Clause ids (BC-29, AWS-16, ...) name the documented rules.
//
// Inside, money is a BigInt of cents and an instant is a number of milliseconds UTC. Commands take
// these values (server.mjs decodes the wire); views answer in the wire's own formats.
//
// Time is a queue without a queue: whatever is due is derived from the state (#agenda), the earliest
// item is carried out as of its own due time, and the agenda is derived anew. That makes one big jump
// and many small ones the same thing, and makes reading free of effects.

export const SECOND = 1000;
export const HOUR = 3600 * SECOND;
export const DAY = 24 * HOUR;

const TRIAL_DAYS = 30; // BC-02, AWS-12
const TRIAL_DELETION_DAYS = 14; // BC-09
const STOP_DAYS = 14; // BC-29
const DELETION_DAYS = 30; // BC-30
const MARKETPLACE_DELETION_DAYS = 14; // only under marketplace_end = stops_at_end
const MEMORY_CAP_GIB = 120; // BC-24, inclusive
const EARLY_CHARGE_CENTS = 1_000_000n; // BC-18: 10,000.00
const RETRY_EVERY_DAYS = 5; // our own schedule; BC-28 only bounds it
const RETRY_UNTIL_DAYS = 30; // BC-28

// Every choice that the documents leave open; the first value is the default.
export const KNOBS = {
  deadline_instant: ['at', 'after', 'end_of_day'],
  trial_exhausted: ['at_zero', 'below_zero'],
  trial_deletion_origin: ['actual_end', 'nominal_end'],
  no_method_create: ['refused', 'accepted'],
  cycle_anchor: ['both', 'tier', 'first_service'],
  month_end: ['clamp', 'sticky', 'rollover'],
  threshold_comparison: ['reaches', 'exceeds'],
  threshold_rearm: ['repeats', 'once_per_cycle'],
  card_replacement: ['collects_at_once', 'waits'],
  unpaid_clock: ['per_invoice', 'until_all_paid'],
  extension_scope: ['deletion', 'all_deadlines'],
  extension_end: ['deletes', 'manual'],
  restart_after_payment: ['manual', 'automatic'],
  marketplace_end: ['restricts_at_end', 'restricts_at_due', 'stops_at_end'],
  report_lines: ['per_item', 'per_hour'],
  usage_before_linking: ['stays_with_card', 'moves_to_marketplace'],
  credit_order: ['soonest_expiry', 'oldest_grant'],
  commitment_expiry_fallback: ['same_marketplace', 'card'],
  commitment_protection: ['ever_committed', 'fallback_debt'],
  // The choices of the second audit, of which only the first value is implemented here.
  card_validity: ['on_file'],
  no_method_service: ['after_lapse'],
  refund_counts: ['counts'],
  arrears_cure: ['payment'],
  credit_draw: ['at_usage'],
  commitment_end: ['restricts_at_due'],
  commitment_term: ['runs_on'],
  debt_after_deletion: ['stays'],
  fee_report: ['full_at_acceptance'],
};

export const MARKETPLACES = ['aws', 'gcp', 'azure'];

export const CAPABILITIES = [
  'trial', 'card', ...MARKETPLACES.map((m) => `marketplace.${m}`), 'aws_free_trial',
  'commitment.direct', 'commitment.marketplace', 'credits', 'onboarding', 'extension',
  'pay_invoice', 'manual_deletion',
];

// Rules that can be broken on purpose, to see that a test kit notices.
export const BREAKS = {
  'stop-after-21-days': 'services are stopped 21 days after the failed charge, not 14 (BC-29)',
  'cap-exclusive': 'exactly 120 GiB per replica is refused while restricted (BC-24)',
  'no-delete-of-services': 'the deletion for debt spares the services (BC-31)',
  'report-before-linking': 'usage is reported to a subscription nobody has linked yet (AWS-16, AWS-29)',
  'deletes-committed': 'a commitment does not protect from automatic deletion (BC-66)',
  'thirty-day-cycle': 'a billing cycle is always 30 days long (BC-39)',
};

/** The system says no, as the rules want. */
export class Refused extends Error {
  constructor(reason, message) { super(message); this.reason = reason; }
}
/** This implementation has no such thing. */
export class Unsupported extends Error {}
/** The caller's parameters make no sense. */
export class Malformed extends Error {}

// ---- Formats of the wire ----

export const showInstant = (ms) => (ms === null ? null : new Date(ms).toISOString().replace('.000Z', 'Z'));
export const showDay = (ms) => new Date(ms).toISOString().slice(0, 10);
export const showMoney = (cents) => `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;

// ---- Calendar ----

const startOfDay = (ms) => Math.floor(ms / DAY) * DAY;
const endOfHour = (ms) => (Math.floor(ms / HOUR) + 1) * HOUR;
const monthLength = (year, month) => new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
const minOf = (a, b) => (a < b ? a : b);

/** First day of the cycle that comes `index` cycles after the one anchored on `anchor` (BC-39). */
export function cycleStart(anchor, index, rule) {
  const date = new Date(anchor);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  if (rule === 'rollover') return Date.UTC(year, month + index, day); // overflow is the rule itself
  if (rule === 'clamp') return Date.UTC(year, month + index, Math.min(day, monthLength(year, month + index)));
  let kept = day; // sticky: a day once lost in a short month does not come back
  for (let i = 1; i <= index; i += 1) kept = Math.min(kept, monthLength(year, month + i));
  return Date.UTC(year, month + index, kept);
}

// Order of what falls due at one instant: ends, then the cycle with its charge, then dunning.
const RANK = { report: 0, subscription: 1, credits: 2, trial: 3, cycle: 4, retry: 5, stop: 6, deletion: 7 };

export class Billing {
  /** options: {readings: {knob: value}, without: [capability], broken: name} */
  constructor({ readings = {}, without = [], broken = null } = {}) {
    this.readings = Object.fromEntries(Object.entries(KNOBS).map(([knob, values]) => [knob, values[0]]));
    for (const [knob, value] of Object.entries(readings)) {
      if (!Object.hasOwn(KNOBS, knob)) throw new Error(`no such knob: ${knob}`);
      if (!KNOBS[knob].includes(value)) throw new Error(`${knob} cannot be ${value}`);
      this.readings[knob] = value;
    }
    if (broken !== null && !Object.hasOwn(BREAKS, broken)) throw new Error(`no such break: ${broken}`);
    this.broken = broken;
    this.capabilities = remainingCapabilities(without);
    this.reset({ now: 0 });
  }

  // ---- the session ----

  describe_implementation() {
    return {
      name: 'third-party-javascript',
      version: '1.0.0',
      contract: '1',
      capabilities: CAPABILITIES.filter((name) => this.capabilities.has(name)),
      readings: { ...this.readings },
      settles_within: 'PT0S',
    };
  }

  reset({ now }) {
    this.now = now;
    this.lastId = 0;
    this.users = new Map();
    this.organizations = new Map();
    this.services = new Map();
    this.invoices = new Map();
    this.accounts = new Map();
    this.subscriptions = new Map();
    return {};
  }

  advance_to({ now }) {
    if (now < this.now) throw new Malformed('time does not run backwards');
    this.#settle(now);
    this.now = now;
    return {};
  }

  // ---- people and organizations ----

  register_user({ email }) {
    this.#need('onboarding');
    return { user: this.#newUser(email, false).id };
  }

  verify_email({ user }) {
    this.#need('onboarding');
    find(this.users, user, 'user').verified = true; // AWS-22
    return {};
  }

  sign_in({ user }) {
    this.#need('onboarding');
    const person = find(this.users, user, 'user');
    if (!person.verified) throw new Refused('not_verified', 'the address is not verified yet'); // AWS-22, AWS-23
    person.signedIn = true;
    return {};
  }

  provide_business_info({ user }) {
    this.#need('onboarding');
    find(this.users, user, 'user').businessInfo = true; // AWS-24
    return {};
  }

  create_organization({ name }) {
    const admin = this.#newUser(`admin of ${name}`, true);
    return { organization: this.#newOrganization(name, admin).id, admin: admin.id };
  }

  add_member({ organization, role }) {
    this.#need('onboarding');
    const org = find(this.organizations, organization, 'organization');
    const person = this.#newUser(`${role} of ${org.name}`, true);
    if (role === 'admin') org.admins.add(person.id);
    return { user: person.id };
  }

  start_trial({ organization, credits }) {
    this.#need('trial');
    const org = find(this.organizations, organization, 'organization');
    if (org.trial) throw new Refused('other', 'an organization has one trial');
    org.trial = { startedAt: this.now, endedAt: null, left: credits };
    if (credits === 0n && this.readings.trial_exhausted === 'at_zero') this.#exhaustTrial(org);
    return {};
  }

  choose_tier({ organization, tier }) {
    const org = find(this.organizations, organization, 'organization');
    org.tier = tier; // BC-16
    this.#beginFirstCycle(org);
    return {};
  }

  // ---- services and usage ----

  create_service({ organization, replica_memory_gib: memory }) {
    const org = find(this.organizations, organization, 'organization');
    if (isRestricted(org)) throw new Refused('unpaid_invoice', 'no new services while something is unpaid'); // BC-27
    if (org.methodless && this.readings.no_method_create === 'refused') {
      throw new Refused('no_billing_method', 'no new services without a billing method'); // BC-01
    }
    // Accepted without a method, it shares the fate of the rest: it is stopped like them (BC-08).
    const service = {
      id: this.#id('service'), org, memory, state: org.methodless ? 'stopped' : 'running', resumes: false,
    };
    this.services.set(service.id, service);
    org.services.push(service);
    org.data = 'present';
    this.#beginFirstCycle(org);
    return { service: service.id };
  }

  start_service({ service }) {
    const it = this.#existing(service);
    if (it.state === 'running') return {};
    if (isRestricted(it.org)) throw new Refused('unpaid_invoice', 'stopped services stay so while something is unpaid'); // BC-25, BC-26
    if (it.org.methodless) throw new Refused('no_billing_method', 'the trial is over and nothing pays'); // BC-01, BC-08
    it.state = 'running';
    return {};
  }

  stop_service({ service }) {
    this.#existing(service).state = 'stopped';
    return {};
  }

  scale_service({ service, replica_memory_gib: memory }) {
    const it = this.#existing(service);
    // A service that is larger already is left alone, and may shrink: the cap is on scaling up.
    if (memory > it.memory && this.#beyondCap(it.org, memory)) {
      throw new Refused('memory_cap', `at most ${MEMORY_CAP_GIB} GiB per replica while something is unpaid`);
    }
    it.memory = memory;
    return {};
  }

  record_usage({ organization, amount, item }) {
    const org = find(this.organizations, organization, 'organization');
    const rest = this.#useCredits(org, amount); // a record may be split
    if (rest === 0n) return {};
    const subscription = this.#payingSubscription(org);
    if (subscription) this.#noteForReport(org, subscription, item, rest); // AWS-29, BC-36
    else if (trialRuns(org)) this.#useTrial(org, rest);
    else this.#owe(org, item, rest);
    return {};
  }

  // ---- cards and collection ----

  add_card({ organization, behaviour, available_credit: limit }) {
    this.#need('card');
    const org = find(this.organizations, organization, 'organization');
    org.card = newCard(behaviour, limit);
    org.methodless = null;
    if (this.readings.card_replacement === 'collects_at_once') this.#collect(org, openInvoices(org), this.now);
    this.#replaceEndedSubscription(org);
    return {};
  }

  set_card_behaviour({ organization, behaviour, available_credit: limit }) {
    this.#need('card');
    const org = find(this.organizations, organization, 'organization');
    if (!org.card) throw new Refused('no_billing_method', 'there is no card on file');
    org.card = newCard(behaviour, limit);
    return {};
  }

  attempt_collection({ organization }) {
    this.#need('card');
    const org = find(this.organizations, organization, 'organization');
    this.#collect(org, openInvoices(org), this.now);
    return { collected: openInvoices(org).length === 0 };
  }

  pay_invoice({ invoice }) {
    this.#need('pay_invoice');
    const it = find(this.invoices, invoice, 'invoice');
    if (it.state === 'open') this.#settleInvoice(it);
    return {};
  }

  // ---- marketplaces ----

  open_marketplace_account({ marketplace, may_purchase: mayPurchase, signed_in: signedIn }) {
    this.#need(`marketplace.${marketplace}`);
    if (!mayPurchase || !signedIn) this.#need('onboarding');
    const account = { id: this.#id('account'), marketplace, mayPurchase, signedIn };
    this.accounts.set(account.id, account);
    return { account: account.id };
  }

  subscribe({ account: id, offer }) {
    this.#needMarketplace();
    if (offer === 'free_trial') this.#need('aws_free_trial');
    if (offer === 'committed') this.#need('commitment.marketplace');
    const account = find(this.accounts, id, 'account');
    if (!account.mayPurchase) throw new Refused('not_permitted', 'the account has no purchase rights'); // AWS-02
    if (!account.signedIn) throw new Refused('not_signed_in', 'not signed in to the marketplace'); // AWS-03
    if (offer === 'free_trial' && account.marketplace !== 'aws') throw new Refused('other', 'only AWS has this offer');
    if (offer === 'payg' && account.marketplace === 'aws' && this.#hasPayg(account)) {
      throw new Refused('already_subscribed', 'one such subscription per account'); // AWS-05
    }
    const subscription = {
      id: this.#id('subscription'),
      account,
      marketplace: account.marketplace,
      offer,
      state: 'subscribed', // AWS-15, AWS-16: nothing is billed there until it is linked
      org: null,
      subscribedAt: this.now,
      endsAt: offer === 'free_trial' ? this.now + TRIAL_DAYS * DAY : null, // AWS-12
      committed: false,
      expired: false,
    };
    this.subscriptions.set(subscription.id, subscription);
    return { subscription: subscription.id };
  }

  link_subscription({ subscription: id, user, organization }) {
    this.#needMarketplace();
    const subscription = find(this.subscriptions, id, 'subscription');
    const person = find(this.users, user, 'user');
    const given = organization === null ? null : find(this.organizations, organization, 'organization');
    if (!person.verified) throw new Refused('not_verified', 'the address is not verified'); // AWS-22
    if (!person.signedIn) throw new Refused('not_signed_in', 'not signed in'); // AWS-23, AWS-25
    if (!person.businessInfo) throw new Refused('no_business_info', 'business information is missing'); // AWS-24
    if (subscription.state === 'ended') throw new Refused('ended', 'the subscription has ended');
    if (subscription.state === 'linked') throw new Refused('already_linked', 'it bills one organization already'); // AWS-06
    if (given && !given.admins.has(user)) throw new Refused('not_admin', 'only an admin may link it'); // AWS-04
    const org = given ?? this.#newOrganization(`new organization of ${person.email}`, person); // AWS-26, AWS-27
    this.#link(org, subscription);
    return { organization: org.id };
  }

  end_subscription({ subscription: id }) {
    this.#needMarketplace();
    const subscription = find(this.subscriptions, id, 'subscription');
    if (subscription.state === 'ended') throw new Refused('ended', 'it has ended already');
    subscription.endsAt = this.now;
    this.#endSubscription(subscription, this.now); // BC-41 and BC-42 alike
    return {};
  }

  get_subscription({ subscription: id }) {
    this.#needMarketplace();
    const it = find(this.subscriptions, id, 'subscription');
    return {
      offer: it.offer,
      state: it.state,
      organization: it.org ? it.org.id : null,
      ends_at: showInstant(it.endsAt),
      marketplace: it.marketplace,
    };
  }

  // ---- contracts, credits, support ----

  sign_commitment({ organization, credits, expires_at: expiresAt, subscription: id }) {
    this.#need(id === null ? 'commitment.direct' : 'commitment.marketplace');
    const org = find(this.organizations, organization, 'organization');
    const subscription = id === null ? null : find(this.subscriptions, id, 'subscription');
    if (subscription) {
      if (subscription.state === 'ended') throw new Refused('ended', 'the subscription has ended');
      if (subscription.org !== org || subscription.offer !== 'committed') {
        throw new Refused('other', 'it takes a committed subscription linked to this organization');
      }
      subscription.committed = true;
      subscription.expired = false; // new credits, new fall-back
      this.#report(org, subscription, this.now, 'commitment', 'commitment', credits); // BC-51
    }
    org.everCommitted = true;
    return { commitment: this.#grant(org, credits, expiresAt, true, subscription).id };
  }

  grant_credits({ organization, amount, expires_at: expiresAt }) {
    this.#need('credits');
    const org = find(this.organizations, organization, 'organization');
    return { grant: this.#grant(org, amount, expiresAt, false, null).id }; // BC-55, BC-67
  }

  grant_extension({ organization, until }) {
    this.#need('extension');
    const org = find(this.organizations, organization, 'organization');
    if (isRestricted(org)) org.extension = until; // BC-32; without a debt there is nothing to extend
    this.#settle(this.now); // a shorter one in place of a longer one may be over already
    return {};
  }

  record_contact({ organization }) {
    this.#need('manual_deletion');
    find(this.organizations, organization, 'organization').contacts.push(this.now); // BC-65
    return {};
  }

  delete_data({ organization }) {
    this.#need('manual_deletion');
    const org = find(this.organizations, organization, 'organization');
    if (org.everCommitted && isRestricted(org)) {
      const since = oldest(unpaidThings(org).map((thing) => thing.since));
      if (!org.contacts.some((at) => at >= since)) {
        throw new Refused('not_contacted', 'the customer has to be contacted first'); // BC-65
      }
    }
    deleteServices(org);
    deleteData(org);
    return {};
  }

  // ---- the view of an organization ----

  get_organization({ organization }) {
    const org = find(this.organizations, organization, 'organization');
    const clocks = this.#clocks(org);
    return {
      billing_method: this.#billingMethod(org),
      card_on_file: org.card !== null,
      trial: showTrial(org.trial),
      billing_cycle: org.cycle ? showCycle(org.cycle) : null,
      restricted: isRestricted(org),
      services: org.services.map((s) => ({ service: s.id, state: s.state, replica_memory_gib: s.memory })),
      data: org.data,
      invoices: org.invoices.map((i) => ({
        invoice: i.id, issued_at: showInstant(i.since), amount: showMoney(i.amount), state: i.state, ...i.days,
      })),
      charges: org.charges.map((c) => ({ at: showInstant(c.at), amount: showMoney(c.amount), succeeded: c.succeeded })),
      credits: org.grants.map((g) => ({
        amount: showMoney(g.amount), left: showMoney(g.left),
        granted_at: showInstant(g.grantedAt), expires_at: showInstant(g.expiresAt),
      })),
      marketplace_reports: org.reports.map((r) => ({
        subscription: r.subscription.id, at: showInstant(r.at), kind: r.kind, item: r.item, amount: showMoney(r.amount),
      })),
      contacts: org.contacts.map(showInstant),
      tier: org.tier,
      uninvoiced: showMoney(uninvoiced(org)),
      unpaid_since: clocks.length ? showInstant(oldest(clocks.map((clock) => clock.since))) : null,
      extension_until: showInstant(org.extension),
    };
  }

  // ---- Time ----

  /** Carries out everything due up to and including `until`, in order of due time. */
  #settle(until) {
    for (;;) {
      let first = null;
      for (const entry of this.#agenda()) {
        if (entry.at > until) continue;
        if (!first || entry.at < first.at || (entry.at === first.at && entry.rank < first.rank)) first = entry;
      }
      if (!first) return;
      first.run(first.at);
    }
  }

  /** What the present state will make happen, and when. Each entry, once run, removes itself. */
  * #agenda() {
    for (const subscription of this.subscriptions.values()) {
      if (subscription.offer === 'free_trial' && subscription.state !== 'ended') { // AWS-13
        const at = this.#deadline(subscription.subscribedAt, TRIAL_DAYS);
        yield { at, rank: RANK.subscription, run: () => this.#endSubscription(subscription, at) };
      }
    }
    for (const org of this.organizations.values()) {
      yield* this.#reportsDue(org);
      yield* this.#endsDue(org);
      yield* this.#retriesDue(org);
      yield* this.#dunningDue(org);
    }
  }

  * #reportsDue(org) {
    for (const [key, line] of org.pendingReports) {
      yield {
        at: line.at,
        rank: RANK.report,
        run: (at) => {
          org.pendingReports.delete(key);
          this.#report(org, line.subscription, at, 'usage', line.item, line.amount);
        },
      };
    }
  }

  * #endsDue(org) {
    for (const grant of org.grants) {
      if (!grant.expired) {
        yield { at: this.#deadline(grant.expiresAt, 0), rank: RANK.credits, run: () => this.#expire(org, grant) };
      }
    }
    if (trialRuns(org)) {
      const nominal = org.trial.startedAt + TRIAL_DAYS * DAY;
      yield {
        at: this.#deadline(org.trial.startedAt, TRIAL_DAYS),
        rank: RANK.trial,
        run: (at) => this.#endTrial(org, at, nominal),
      };
    }
    if (org.cycle) yield { at: org.cycle.next, rank: RANK.cycle, run: (at) => this.#endCycle(org, at) };
  }

  * #retriesDue(org) {
    for (const invoice of openInvoices(org)) {
      const days = (invoice.retries + 1) * RETRY_EVERY_DAYS;
      if (days > RETRY_UNTIL_DAYS) continue; // BC-28
      yield {
        at: invoice.since + days * DAY,
        rank: RANK.retry,
        run: (at) => {
          invoice.retries += 1;
          this.#collect(org, [invoice], at);
        },
      };
    }
  }

  * #dunningDue(org) {
    const bare = org.methodless;
    if (bare && !bare.deleted && !this.#everProtected(org)) { // BC-09: the data; the services stay stopped
      yield {
        at: this.#deadline(bare.origin, TRIAL_DELETION_DAYS),
        rank: RANK.deletion,
        run: () => { bare.deleted = true; deleteData(org); },
      };
    }
    for (const clock of this.#clocks(org)) {
      if (!clock.stopped) {
        const day = this.broken === 'stop-after-21-days' ? 21 : STOP_DAYS;
        const held = this.readings.extension_scope === 'all_deadlines';
        yield {
          at: this.#extended(org, clock.since + day * DAY, held),
          rank: RANK.stop,
          run: () => { clock.stopped = true; stopForDebt(org); }, // BC-29, BC-45, BC-64
        };
      }
      if (!clock.deleted && this.#deletesByItself(org, clock)) {
        yield {
          at: this.#extended(org, clock.since + clock.deletionDays * DAY, true),
          rank: RANK.deletion,
          run: () => { clock.deleted = true; this.#deleteForDebt(org); },
        };
      }
    }
  }

  /** When a deadline of `days` days from `start` takes effect. */
  #deadline(start, days) {
    const nominal = start + days * DAY;
    if (this.readings.deadline_instant === 'after') return nominal + SECOND;
    if (this.readings.deadline_instant === 'end_of_day') return startOfDay(nominal) + DAY;
    return nominal;
  }

  /** A deadline of debt, put off by the extension where that reaches it. */
  #extended(org, nominal, reaches) {
    const put = reaches && org.extension !== null ? Math.max(nominal, org.extension) : nominal;
    return this.#deadline(put, 0);
  }

  // ---- Cycles, charges, early charges ----

  /** BC-15, BC-35: the cycle is anchored on the tier, on the first service, or on the later of them. */
  #beginFirstCycle(org) {
    if (org.cycle) return;
    const needsTier = this.readings.cycle_anchor !== 'first_service';
    const needsService = this.readings.cycle_anchor !== 'tier';
    if ((needsTier && org.tier === null) || (needsService && org.services.length === 0)) return;
    org.anchor = startOfDay(this.now);
    this.#openCycle(org, 0);
  }

  #openCycle(org, index) {
    const start = (k) => (this.broken === 'thirty-day-cycle'
      ? org.anchor + k * 30 * DAY
      : cycleStart(org.anchor, k, this.readings.month_end));
    org.cycle = { index, first: start(index), next: start(index + 1), charged: false };
  }

  /** BC-17: what is owed directly falls due when the cycle is over. */
  #endCycle(org, at) {
    this.#invoice(org, at);
    this.#openCycle(org, org.cycle.index + 1);
  }

  /** Usage that a card will pay or that nobody pays: both are owed directly. */
  #owe(org, item, amount) {
    org.owed.set(item, (org.owed.get(item) ?? 0n) + amount);
    if (!org.cycle) return; // an early charge belongs to a cycle
    if (org.cycle.charged && this.readings.threshold_rearm === 'once_per_cycle') return;
    const sum = uninvoiced(org);
    const early = this.readings.threshold_comparison === 'exceeds' ? sum > EARLY_CHARGE_CENTS : sum >= EARLY_CHARGE_CENTS;
    if (!early) return;
    org.cycle.charged = true; // BC-18
    this.#invoice(org, this.now);
  }

  /** One invoice for all that is owed and not invoiced, charged at once; nothing owed, no invoice. */
  #invoice(org, at) {
    const amount = uninvoiced(org);
    org.owed.clear();
    if (amount === 0n) return;
    const invoice = {
      id: this.#id('invoice'), org, since: at, amount, state: 'open', days: showCycle(org.cycle), retries: 0,
      stopped: false, deleted: false, deletionDays: DELETION_DAYS, protected: false,
    };
    this.invoices.set(invoice.id, invoice);
    org.invoices.push(invoice);
    if (this.#charge(org, amount, at)) invoice.state = 'paid';
    else this.#becomeUnpaid(org, invoice); // BC-23; no card is a failure like another (BC-44, BC-63)
  }

  /** One attempt on the card on file. We never collect a part (BC-22). */
  #charge(org, amount, at) {
    if (!org.card) return false;
    const { behaviour, limit } = org.card;
    const succeeded = behaviour === 'approves' || (behaviour === 'limited' && amount <= limit); // BC-20 to BC-22
    org.charges.push({ at, amount, succeeded });
    return succeeded;
  }

  #collect(org, invoices, at) {
    for (const invoice of invoices) if (this.#charge(org, invoice.amount, at)) this.#settleInvoice(invoice);
  }

  #settleInvoice(invoice) {
    invoice.state = 'paid';
    this.#liftWhenClear(invoice.org);
  }

  // ---- Unpaid invoices ----

  /** `thing` is an invoice that failed or the end of a subscription that restricts. */
  #becomeUnpaid(org, thing) {
    org.episode ??= { since: thing.since, stopped: false, deleted: false, deletionDays: DELETION_DAYS };
    if (org.fellBack) { // the first debt after a fall-back, until nothing is unpaid
      org.fellBack = false;
      org.fallbackDebt = true;
    }
    thing.protected = org.fallbackDebt;
  }

  /** The clocks that run now. */
  #clocks(org) {
    if (!isRestricted(org)) return [];
    if (this.readings.unpaid_clock === 'per_invoice') return unpaidThings(org);
    const end = org.marketplaceEnd; // under stops_at_end its deletion comes sooner than that of the debt
    return end && end.deletionDays < DELETION_DAYS ? [org.episode, end] : [org.episode];
  }

  #deletesByItself(org, clock) {
    if (this.#everProtected(org)) return false;
    if (org.extension !== null && this.readings.extension_end === 'manual') return false;
    if (this.readings.commitment_protection === 'ever_committed' || this.broken === 'deletes-committed') return true;
    const covered = clock === org.episode ? unpaidThings(org) : [clock];
    return covered.some((thing) => !thing.protected); // BC-66
  }

  #everProtected(org) { // BC-66
    return org.everCommitted && this.readings.commitment_protection === 'ever_committed' && this.broken !== 'deletes-committed';
  }

  #deleteForDebt(org) {
    deleteData(org); // BC-30, BC-46
    if (this.broken !== 'no-delete-of-services') deleteServices(org); // BC-31
  }

  /** Restrictions, clocks and the extension end together, once nothing is unpaid. */
  #liftWhenClear(org) {
    if (isRestricted(org)) return;
    org.episode = null;
    org.extension = null;
    org.fallbackDebt = false;
    for (const service of org.services) {
      const resumes = service.resumes && service.state === 'stopped' && !org.methodless;
      if (resumes && this.readings.restart_after_payment === 'automatic') service.state = 'running';
      service.resumes = false;
    }
  }

  #beyondCap(org, memory) { // BC-24
    if (!isRestricted(org)) return false;
    return this.broken === 'cap-exclusive' ? memory >= MEMORY_CAP_GIB : memory > MEMORY_CAP_GIB;
  }

  // ---- The trial ----

  /** BC-03. What lies beyond the credits is not billed: there is no method to bill it by. */
  #useTrial(org, amount) {
    const beyond = amount > org.trial.left;
    org.trial.left -= minOf(amount, org.trial.left);
    const usedUp = this.readings.trial_exhausted === 'at_zero' ? org.trial.left === 0n : beyond;
    if (usedUp) this.#exhaustTrial(org);
  }

  #exhaustTrial(org) {
    const nominal = org.trial.startedAt + TRIAL_DAYS * DAY;
    this.#endTrial(org, this.now, this.readings.trial_deletion_origin === 'actual_end' ? this.now : nominal);
  }

  /** BC-08: stopped at once where nothing else pays; `origin` is what the two weeks are counted from. */
  #endTrial(org, at, origin) {
    org.trial.endedAt = at;
    if (isConfigured(org)) return;
    org.methodless = { origin, deleted: false };
    for (const service of org.services) if (service.state === 'running') service.state = 'stopped';
  }

  // ---- Marketplaces ----

  #hasPayg(account) {
    return [...this.subscriptions.values()]
      .some((s) => s.account === account && s.offer === 'payg' && s.state !== 'ended');
  }

  #link(org, subscription) {
    subscription.state = 'linked'; // AWS-28
    subscription.org = org;
    org.subscriptions.push(subscription);
    org.methodless = null;
    if (this.readings.usage_before_linking === 'moves_to_marketplace' && org.card) this.#moveOwed(org, subscription);
    this.#replaceEndedSubscription(org);
  }

  /** What a card would have paid at the end of the cycle goes to the marketplace at this very instant. */
  #moveOwed(org, subscription) {
    if (this.readings.report_lines === 'per_hour') {
      this.#report(org, subscription, this.now, 'usage', 'usage', uninvoiced(org));
    } else {
      for (const [item, amount] of org.owed) this.#report(org, subscription, this.now, 'usage', item, amount);
    }
    org.owed.clear();
  }

  /** A subscription is over: by its time (AWS-13), cancelled (BC-41) or not renewed (BC-42, BC-62). */
  #endSubscription(subscription, at) {
    subscription.state = 'ended';
    const org = subscription.org;
    if (!org) return;
    if (subscription.committed) org.fellBack = true; // BC-62
    // A committed one, and the free trial, have their consequences when an amount falls due.
    if (subscription.offer !== 'payg' || this.readings.marketplace_end === 'restricts_at_due') return;
    if (isConfigured(org) || trialRuns(org)) return;
    const stops = this.readings.marketplace_end === 'stops_at_end';
    org.marketplaceEnd = { // BC-44 to BC-46
      since: at, stopped: stops, deleted: false, deletionDays: stops ? MARKETPLACE_DELETION_DAYS : DELETION_DAYS, protected: false,
    };
    this.#becomeUnpaid(org, org.marketplaceEnd);
    if (stops) stopForDebt(org);
  }

  /**
   * A card or another subscription is there: what began at the end of the last one is over, or goes
   * on as the debt of the invoices still open (the episode's clock, or each invoice's own).
   */
  #replaceEndedSubscription(org) {
    org.marketplaceEnd = null;
    this.#liftWhenClear(org);
  }

  /** The linked subscription that takes the usage, if one does. */
  #payingSubscription(org) {
    const linked = org.subscriptions.findLast((s) => s.state === 'linked' && !s.expired);
    if (linked) return linked;
    if (this.broken !== 'report-before-linking') return null;
    return [...this.subscriptions.values()].findLast((s) => s.state === 'subscribed') ?? null;
  }

  /** BC-36: usage is gathered within its hour, and reported when the hour is over. */
  #noteForReport(org, subscription, usedItem, amount) {
    const item = this.readings.report_lines === 'per_hour' ? 'usage' : usedItem;
    const at = endOfHour(this.now);
    const key = JSON.stringify([subscription.id, at, item]);
    const line = org.pendingReports.get(key) ?? { subscription, item, at, amount: 0n };
    line.amount += amount;
    org.pendingReports.set(key, line);
  }

  #report(org, subscription, at, kind, item, amount) {
    if (amount > 0n) org.reports.push({ subscription, at, kind, item, amount });
  }

  // ---- Credits and commitments ----

  #grant(org, amount, expiresAt, commitment, subscription) {
    const grant = {
      id: this.#id(commitment ? 'commitment' : 'grant'),
      amount, left: amount, grantedAt: this.now, expiresAt, commitment, subscription, expired: false,
    };
    org.grants.push(grant);
    this.#settle(this.now); // a grant may be over before it begins
    if (isUsable(grant)) org.methodless = null;
    return grant;
  }

  /** The grant that is used next. */
  #nextGrant(org) {
    const usable = org.grants.filter(isUsable); // in order of granting, which also breaks ties
    if (this.readings.credit_order === 'soonest_expiry') usable.sort((a, b) => a.expiresAt - b.expiresAt);
    return usable[0] ?? null;
  }

  /** Covers what the credits can (BC-56: only usage from now on comes here) and returns the rest. */
  #useCredits(org, amount) {
    let rest = amount;
    while (rest > 0n) {
      const grant = this.#nextGrant(org);
      if (!grant) break;
      const part = minOf(rest, grant.left);
      grant.left -= part;
      rest -= part;
      if (grant.left === 0n && grant.commitment) org.fellBack = true; // BC-58, BC-61
    }
    return rest;
  }

  /** BC-59. What is left is shown as it was, and is forfeited. */
  #expire(org, grant) {
    grant.expired = true;
    if (!grant.commitment || grant.left === 0n) return; // used up before: it did not expire
    org.fellBack = true;
    if (grant.subscription && this.readings.commitment_expiry_fallback === 'card') grant.subscription.expired = true;
  }

  // ---- Who pays ----

  #billingMethod(org) {
    const method = (kind, marketplace = null) => ({ kind, marketplace });
    const grant = this.#nextGrant(org);
    if (grant) return method('credits', grant.subscription?.marketplace);
    const subscription = this.#payingSubscription(org);
    if (subscription) return method('marketplace', subscription.marketplace); // AWS-30
    if (trialRuns(org)) return method('trial');
    return method(org.card ? 'card' : 'none');
  }

  // ---- Odds and ends ----

  #id(kind) {
    this.lastId += 1;
    return `${kind}-${this.lastId}`;
  }

  #need(capability) {
    if (!this.capabilities.has(capability)) throw new Unsupported(`no ${capability} here`);
  }

  #needMarketplace() {
    if (!MARKETPLACES.some((m) => this.capabilities.has(`marketplace.${m}`))) throw new Unsupported('no marketplaces here');
  }

  #existing(id) {
    const service = find(this.services, id, 'service');
    if (service.state === 'deleted') throw new Refused('deleted', 'the service has been deleted');
    return service;
  }

  #newUser(email, ready) {
    const user = { id: this.#id('user'), email, verified: ready, signedIn: ready, businessInfo: ready };
    this.users.set(user.id, user);
    return user;
  }

  /** BC-10: everything below belongs to one organization and touches no other. */
  #newOrganization(name, admin) {
    const org = {
      id: this.#id('organization'),
      name,
      admins: new Set([admin.id]),
      tier: null,
      anchor: null,
      cycle: null, // {index, first, next, charged}
      services: [],
      data: 'none',
      trial: null, // {startedAt, endedAt, left}
      methodless: null, // {origin, deleted}: the trial ended with no billing method, and there is none yet
      card: null, // {behaviour, limit}
      owed: new Map(), // what is owed directly and not invoiced, by item
      invoices: [],
      charges: [],
      subscriptions: [],
      pendingReports: new Map(),
      reports: [],
      grants: [],
      contacts: [],
      extension: null,
      marketplaceEnd: null, // the end of a subscription that restricts
      episode: null, // from the first failure until nothing is unpaid
      everCommitted: false,
      fellBack: false, // from a commitment, with no debt since
      fallbackDebt: false, // the debt that runs is the first after a fall-back
    };
    this.organizations.set(org.id, org);
    return org;
  }
}

// ---- Questions about one organization ----

const trialRuns = (org) => org.trial !== null && org.trial.endedAt === null;
const isUsable = (grant) => grant.left > 0n && !grant.expired;
const openInvoices = (org) => org.invoices.filter((invoice) => invoice.state === 'open');
const unpaidThings = (org) => [...openInvoices(org), ...(org.marketplaceEnd ? [org.marketplaceEnd] : [])];
const isRestricted = (org) => unpaidThings(org).length > 0;
const uninvoiced = (org) => [...org.owed.values()].reduce((sum, amount) => sum + amount, 0n);
const oldest = (instants) => Math.min(...instants);

/** BC-01, BC-04: a card on file, a subscription that is linked, or credits that can be used. */
const isConfigured = (org) => org.card !== null
  || org.subscriptions.some((s) => s.state === 'linked')
  || org.grants.some(isUsable);

// ---- Changes to one organization ----

function stopForDebt(org) {
  for (const service of org.services) {
    if (service.state !== 'running') continue;
    service.state = 'stopped';
    service.resumes = true;
  }
}

function deleteServices(org) {
  for (const service of org.services) service.state = 'deleted';
}

function deleteData(org) {
  if (org.data === 'present') org.data = 'deleted';
}

// ---- Helpers ----

function find(map, id, what) {
  const found = map.get(id);
  if (!found) throw new Malformed(`no such ${what}: ${id}`);
  return found;
}

function newCard(behaviour, limit) {
  if (behaviour === 'limited' && limit === null) throw new Malformed('a limited card needs available_credit');
  return { behaviour, limit };
}

const showCycle = (cycle) => ({ first_day: showDay(cycle.first), last_day: showDay(cycle.next - DAY) });

function showTrial(trial) {
  if (!trial) return { state: 'none', started_at: null, ended_at: null, credits_left: null };
  return {
    state: trial.endedAt === null ? 'active' : 'over',
    started_at: showInstant(trial.startedAt),
    ended_at: showInstant(trial.endedAt),
    credits_left: showMoney(trial.left),
  };
}

/** What is declared when some capabilities are left out, with what cannot stand without them. */
function remainingCapabilities(without) {
  const left = new Set(CAPABILITIES);
  for (const name of without) {
    const meant = name === 'commitments' ? ['commitment.direct', 'commitment.marketplace', 'credits'] : [name];
    for (const one of meant) {
      if (!CAPABILITIES.includes(one)) throw new Error(`no such capability: ${one}`);
      left.delete(one);
    }
  }
  if (!left.has('marketplace.aws')) left.delete('aws_free_trial');
  if (!MARKETPLACES.some((m) => left.has(`marketplace.${m}`))) left.delete('commitment.marketplace');
  return left;
}
