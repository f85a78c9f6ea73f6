// Own checks of billing.mjs and server.mjs, through the wire formats. `node self_test.mjs`.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Billing, BREAKS, CAPABILITIES, KNOBS, cycleStart } from './billing.mjs';
import { METHODS, answer } from './server.mjs';

const SERVER = fileURLToPath(new URL('./server.mjs', import.meta.url));
const checks = [];
const check = (name, body) => checks.push([name, body]);

// ---- a small language over the wire ---------------------------------------------------------------

const START = '2025-01-10T00:00:00Z';
const plus = (instant, days, seconds = 0) => new Date(Date.parse(instant) + days * 86_400_000 + seconds * 1000)
  .toISOString().replace('.000Z', 'Z');

/** A world at START with one organization. */
class World {
  constructor(readings = {}, options = {}, start = START) {
    this.billing = new Billing({ readings, ...options });
    this.to(start, 'reset');
    const { organization, admin } = this.do('create_organization', { name: 'acme' });
    this.org = organization;
    this.admin = admin;
  }
  send(method, params = {}) {
    return answer(this.billing, { jsonrpc: '2.0', id: 7, method, params });
  }
  do(method, params) {
    const response = this.send(method, params);
    assert.ok('result' in response, `${method}: ${JSON.stringify(response.error)}`);
    return response.result;
  }
  my(method, params = {}) { return this.do(method, { organization: this.org, ...params }); }
  refused(reason, method, params) {
    const { error } = this.send(method, params);
    assert.equal(error?.code, 1, `${method} was not refused`);
    assert.equal(error.data.reason, reason);
  }
  to(now, method = 'advance_to') { this.do(method, { now }); this.now = now; }
  wait(days, seconds = 0) { this.to(plus(this.now, days, seconds)); }
  see() { return this.my('get_organization'); }
  states() { return this.see().services.map((s) => s.state).join(' '); }
  service(memory = 8) { return this.my('create_service', { replica_memory_gib: memory }).service; }
  card(behaviour, limit = null) { this.my('add_card', { behaviour, available_credit: limit }); }
  use(amount, item = 'compute') { this.my('record_usage', { amount, item }); }
  invoices() { return this.see().invoices.map((i) => `${i.amount} ${i.state}`); }
  bought(offer = 'payg', marketplace = 'aws') {
    const { account } = this.do('open_marketplace_account', { marketplace });
    return this.do('subscribe', { account, offer }).subscription;
  }
  linked(offer = 'payg', marketplace = 'aws') {
    const subscription = this.bought(offer, marketplace);
    this.my('link_subscription', { subscription, user: this.admin });
    return subscription;
  }
  end(subscription) { this.do('end_subscription', { subscription, cause: 'cancelled' }); }
  reported(kind = 'usage') { return this.see().marketplace_reports.filter((r) => r.kind === kind); }
}

/** Tier and first service at START: the first cycle is 10 January to 9 February. */
function customer(readings = {}, options = {}, start = START) {
  const world = new World(readings, options, start);
  world.my('choose_tier', { tier: 'scale' });
  world.main = world.service();
  return world;
}
/** The same with a failed charge of 100.00 due on 10 February 00:00. */
const FAILED = '2025-02-10T00:00:00Z';
function debtor(readings = {}, options = {}) {
  const world = customer(readings, options);
  world.card('declines');
  world.use('100.00');
  world.to(FAILED);
  return world;
}
/** A trial from START with one service. */
function trialist(readings = {}, credits = '300.00', start = START) {
  const world = new World(readings, {}, start);
  world.my('start_trial', { credits });
  world.main = world.service();
  return world;
}
/** `before` holds a second before the instant, `after` from it on. */
function turns(world, instant, look, before, after) {
  world.to(plus(instant, 0, -1));
  assert.deepEqual(look(), before, `before ${instant}`);
  world.to(instant);
  assert.deepEqual(look(), after, `at ${instant}`);
}

// ---- calendar -------------------------------------------------------------------------------------

const starts = (first, rule) => [0, 1, 2, 3].map((k) => new Date(cycleStart(Date.parse(first), k, rule)).toISOString().slice(5, 10));
check('month_end clamp', () => assert.deepEqual(starts('2025-01-31', 'clamp'), ['01-31', '02-28', '03-31', '04-30']));
check('month_end sticky', () => assert.deepEqual(starts('2025-01-31', 'sticky'), ['01-31', '02-28', '03-28', '04-28']));
check('month_end rollover', () => assert.deepEqual(starts('2025-01-31', 'rollover'), ['01-31', '03-03', '03-31', '05-01']));
check('month_end clamp, leap year', () => assert.deepEqual(starts('2024-01-31', 'clamp').slice(0, 3), ['01-31', '02-29', '03-31']));
check('month_end sticky, leap year', () => assert.deepEqual(starts('2024-01-31', 'sticky').slice(0, 3), ['01-31', '02-29', '03-29']));
check('month_end rollover, leap year', () => assert.deepEqual(starts('2024-01-31', 'rollover').slice(0, 3), ['01-31', '03-02', '03-31']));
check('the documented example of a cycle (BC-39)', () => {
  const world = customer({}, {}, '2025-01-18T15:30:00Z');
  assert.deepEqual(world.see().billing_cycle, { first_day: '2025-01-18', last_day: '2025-02-17' });
  world.to('2025-02-17T23:59:59Z');
  assert.equal(world.see().billing_cycle.first_day, '2025-01-18');
  world.wait(0, 1);
  assert.deepEqual(world.see().billing_cycle, { first_day: '2025-02-18', last_day: '2025-03-17' });
});
for (const [anchor, first] of [['both', '2025-01-13'], ['tier', '2025-01-10'], ['first_service', '2025-01-13']]) {
  check(`cycle_anchor ${anchor}, tier first`, () => {
    const world = new World({ cycle_anchor: anchor });
    assert.equal(world.see().billing_cycle, null);
    world.my('choose_tier', { tier: 'basic' });
    world.wait(3);
    world.service();
    assert.equal(world.see().billing_cycle.first_day, first);
  });
}
check('cycle_anchor both, service first', () => {
  const world = new World();
  world.service();
  world.wait(3);
  world.my('choose_tier', { tier: 'basic' });
  assert.equal(world.see().billing_cycle.first_day, '2025-01-13');
});

// ---- the trial ------------------------------------------------------------------------------------

check('a trial ends by time, stops, and later deletes (BC-02, BC-08, BC-09)', () => {
  const world = trialist();
  turns(world, plus(START, 30), () => [world.see().trial.state, world.states()], ['active', 'running'], ['over', 'stopped']);
  assert.equal(world.see().restricted, false);
  world.refused('no_billing_method', 'start_service', { service: world.main });
  turns(world, plus(START, 44), () => world.see().data, 'present', 'deleted');
});
check('deadline_instant after', () => {
  const world = trialist({ deadline_instant: 'after' });
  turns(world, plus(START, 30, 1), () => world.see().trial.state, 'active', 'over');
  assert.equal(world.see().trial.ended_at, plus(START, 30, 1));
  turns(world, plus(START, 44, 1), () => world.see().data, 'present', 'deleted');
});
check('deadline_instant end_of_day', () => {
  const world = trialist({ deadline_instant: 'end_of_day' }, '300', '2025-01-01T09:00:00Z');
  turns(world, '2025-02-01T00:00:00Z', () => world.see().trial.state, 'active', 'over');
  turns(world, '2025-02-15T00:00:00Z', () => world.see().data, 'present', 'deleted'); // from 31 January 09:00
});
check('trial_exhausted at_zero (BC-03)', () => {
  const world = trialist();
  world.use('299.99');
  assert.equal(world.see().trial.state, 'active');
  world.use('0.01');
  assert.deepEqual([world.see().trial.state, world.states()], ['over', 'stopped']);
});
check('trial_exhausted below_zero', () => {
  const world = trialist({ trial_exhausted: 'below_zero' });
  world.use('300.00');
  assert.equal(world.see().trial.state, 'active');
  world.use('0.01');
  assert.deepEqual([world.see().trial.state, world.see().trial.credits_left], ['over', '0.00']);
});
for (const [origin, day] of [['actual_end', 24], ['nominal_end', 44]]) {
  check(`trial_deletion_origin ${origin}`, () => {
    const world = trialist({ trial_deletion_origin: origin }, '10');
    world.wait(10);
    world.use('11');
    turns(world, plus(START, day), () => world.see().data, 'present', 'deleted');
  });
}
check('no_method_create refused', () => {
  const world = trialist();
  world.wait(31);
  world.refused('no_billing_method', 'create_service', { organization: world.org });
});
check('no_method_create accepted', () => {
  const world = trialist({ no_method_create: 'accepted' });
  world.wait(31);
  world.service();
  assert.equal(world.states(), 'stopped stopped');
});
check('a trial that ends beside a card stops nothing; the card pays from then on', () => {
  const world = trialist();
  world.my('choose_tier', { tier: 'basic' });
  world.card('approves');
  world.use('5');
  assert.equal(world.see().billing_method.kind, 'trial');
  world.wait(30);
  assert.deepEqual([world.states(), world.see().billing_method.kind], ['running', 'card']);
  world.use('7');
  world.wait(31);
  assert.deepEqual(world.invoices(), ['7.00 paid']);
});
check('a card after the trial ends the refusals and keeps the data', () => {
  const world = trialist();
  world.wait(35);
  world.card('declines');
  world.do('start_service', { service: world.main });
  world.wait(30);
  assert.deepEqual([world.states(), world.see().data], ['running', 'present']);
});
check('without a trial nothing is refused for want of a method', () => {
  const world = customer();
  world.do('stop_service', { service: world.main });
  world.do('start_service', { service: world.main });
  world.service();
});

// ---- card billing ---------------------------------------------------------------------------------

check('one charge at the end of the cycle, in arrears (BC-13, BC-17)', () => {
  const world = customer();
  world.card('approves');
  world.use('12.50');
  world.use('7.5');
  turns(world, FAILED, () => world.see().charges.length, 0, 1);
  const { charges, invoices, uninvoiced } = world.see();
  assert.deepEqual(charges, [{ at: FAILED, amount: '20.00', succeeded: true }]);
  assert.deepEqual([invoices[0].issued_at, invoices[0].first_day, invoices[0].last_day], [FAILED, '2025-01-10', '2025-02-09']);
  assert.equal(uninvoiced, '0.00');
});
check('a cycle without usage makes no invoice and no charge', () => {
  const world = customer();
  world.card('approves');
  world.wait(100);
  assert.deepEqual([world.see().invoices, world.see().charges], [[], []]);
});
for (const [comparison, count] of [['reaches', 1], ['exceeds', 0]]) {
  check(`threshold_comparison ${comparison} (BC-18)`, () => {
    const world = customer({ threshold_comparison: comparison });
    world.card('approves');
    world.use('9999.99');
    assert.equal(world.invoices().length, 0);
    world.use('0.01');
    assert.equal(world.invoices().length, count);
    world.use('0.01');
    assert.equal(world.invoices().length, 1);
  });
}
for (const [rearm, early] of [['repeats', 2], ['once_per_cycle', 1]]) {
  check(`threshold_rearm ${rearm}`, () => {
    const world = customer({ threshold_rearm: rearm });
    world.card('approves');
    world.use('10001');
    world.use('10002');
    assert.equal(world.invoices().length, early);
    assert.equal(world.see().billing_cycle.first_day, '2025-01-10');
    world.to(FAILED);
    assert.deepEqual(world.invoices(), ['10001.00 paid', '10002.00 paid']);
    world.use('10003');
    assert.equal(world.invoices().length, 3, 'a new cycle, a new early charge');
  });
}
check('a failed early charge restricts in mid-cycle', () => {
  const world = customer();
  world.wait(5);
  world.card('declines');
  world.use('10001');
  assert.deepEqual([world.see().restricted, world.see().unpaid_since], [true, plus(START, 5)]);
});
check('a limited card pays up to its limit a charge (BC-22)', () => {
  const world = customer();
  world.card('limited', '50.00');
  world.use('50');
  world.to(FAILED);
  world.use('50.01');
  world.wait(28);
  assert.deepEqual(world.invoices(), ['50.00 paid', '50.01 open']);
});

// ---- unpaid invoices ------------------------------------------------------------------------------

check('restrictions come at once (BC-23 to BC-27)', () => {
  const world = customer();
  const idle = world.service();
  world.do('stop_service', { service: idle });
  world.card('expired');
  world.use('1');
  turns(world, FAILED, () => world.see().restricted, false, true);
  world.refused('unpaid_invoice', 'start_service', { service: idle });
  world.refused('unpaid_invoice', 'create_service', { organization: world.org });
  world.do('scale_service', { service: world.main, replica_memory_gib: 120 });
  world.refused('memory_cap', 'scale_service', { service: world.main, replica_memory_gib: 124 });
  world.do('start_service', { service: world.main });
});
check('stop after 14 days, deletion after 30 (BC-29 to BC-31)', () => {
  const world = debtor();
  turns(world, plus(FAILED, 14), () => world.states(), 'running', 'stopped');
  turns(world, plus(FAILED, 30), () => [world.states(), world.see().data], ['stopped', 'present'], ['deleted', 'deleted']);
  assert.equal(world.see().restricted, true);
  world.refused('deleted', 'start_service', { service: world.main });
  world.refused('deleted', 'scale_service', { service: world.main, replica_memory_gib: 8 });
});
check('stop and deletion under after and end_of_day', () => {
  const late = debtor({ deadline_instant: 'after' });
  turns(late, plus(FAILED, 14, 1), () => late.states(), 'running', 'stopped');
  turns(late, plus(FAILED, 30, 1), () => late.states(), 'stopped', 'deleted');
  const day = customer({ deadline_instant: 'end_of_day' });
  day.wait(1, 9 * 3600);
  day.use('10000'); // fails on 11 January 09:00
  turns(day, '2025-01-26T00:00:00Z', () => day.states(), 'running', 'stopped');
  turns(day, '2025-02-11T00:00:00Z', () => day.states(), 'stopped', 'deleted');
});
check('usage that nobody can be charged for counts as a failed charge', () => {
  const world = customer();
  world.use('3');
  world.to(FAILED);
  assert.deepEqual([world.see().restricted, world.see().charges, world.invoices()], [true, [], ['3.00 open']]);
});
check('retries within 30 days, and then no more (BC-28)', () => {
  const world = debtor({ deadline_instant: 'after' });
  world.wait(29);
  assert.equal(world.see().charges.length, 6);
  world.wait(60);
  assert.equal(world.see().charges.length, 7);
});
check('a retry that succeeds lifts everything', () => {
  const world = debtor();
  world.wait(1);
  world.my('set_card_behaviour', { behaviour: 'approves', available_credit: null });
  assert.equal(world.see().restricted, true, 'it makes no attempt of its own');
  turns(world, plus(FAILED, 5), () => world.see().restricted, true, false);
  assert.equal(world.see().unpaid_since, null);
});
check('attempt_collection tells whether all is paid', () => {
  const world = debtor();
  assert.deepEqual(world.my('attempt_collection'), { collected: false });
  world.my('set_card_behaviour', { behaviour: 'approves', available_credit: null });
  assert.deepEqual(world.my('attempt_collection'), { collected: true });
});
check('card_replacement collects_at_once', () => {
  const world = debtor();
  world.wait(2);
  world.card('approves');
  assert.equal(world.see().restricted, false);
});
check('card_replacement waits', () => {
  const world = debtor({ card_replacement: 'waits' });
  world.wait(2);
  world.card('approves');
  assert.equal(world.see().restricted, true);
  turns(world, plus(FAILED, 5), () => world.see().restricted, true, false);
});
/** Two open invoices, of 10 February and of 20 February; the first is paid on 22 February. */
function twoDebts(readings) {
  const world = debtor(readings);
  world.wait(10);
  world.use('10001');
  world.wait(2);
  world.do('pay_invoice', { invoice: world.see().invoices[0].invoice });
  return world;
}
check('unpaid_clock per_invoice', () => {
  const world = twoDebts({});
  assert.equal(world.see().unpaid_since, plus(FAILED, 10));
  turns(world, plus(FAILED, 24), () => world.states(), 'running', 'stopped');
  turns(world, plus(FAILED, 40), () => world.see().data, 'present', 'deleted');
});
check('unpaid_clock until_all_paid', () => {
  const world = twoDebts({ unpaid_clock: 'until_all_paid' });
  assert.equal(world.see().unpaid_since, FAILED);
  turns(world, plus(FAILED, 14), () => world.states(), 'running', 'stopped');
  turns(world, plus(FAILED, 30), () => world.see().data, 'present', 'deleted');
});
check('a debt after a paid one has a fresh clock', () => {
  for (const clock of KNOBS.unpaid_clock) {
    const world = debtor({ unpaid_clock: clock });
    world.wait(13);
    world.do('pay_invoice', { invoice: world.see().invoices[0].invoice });
    world.use('9');
    world.to('2025-03-10T00:00:00Z');
    assert.equal(world.see().unpaid_since, '2025-03-10T00:00:00Z');
    world.wait(13);
    assert.equal(world.states(), 'running');
  }
});
check('restart_after_payment manual', () => {
  const world = debtor();
  world.wait(15);
  world.do('pay_invoice', { invoice: world.see().invoices[0].invoice });
  assert.equal(world.states(), 'stopped');
  world.do('start_service', { service: world.main });
  assert.equal(world.states(), 'running');
});
check('restart_after_payment automatic: only what the stop found running', () => {
  const world = customer({ restart_after_payment: 'automatic' });
  const idle = world.service();
  world.do('stop_service', { service: idle });
  world.use('1');
  world.to(plus(FAILED, 15));
  assert.equal(world.states(), 'stopped stopped');
  world.do('pay_invoice', { invoice: world.see().invoices[0].invoice });
  assert.equal(world.states(), 'running stopped');
});
check('paid after deletion: a new service, present again', () => {
  const world = debtor();
  world.wait(31);
  world.do('pay_invoice', { invoice: world.see().invoices[0].invoice });
  assert.deepEqual([world.see().restricted, world.see().data], [false, 'deleted']);
  world.service();
  assert.deepEqual([world.see().data, world.states()], ['present', 'deleted running']);
});
check('paying twice is done', () => {
  const world = debtor();
  const { invoice } = world.see().invoices[0];
  world.do('pay_invoice', { invoice });
  assert.deepEqual(world.do('pay_invoice', { invoice }), {});
});
check('debts stay with their organization (BC-10)', () => {
  const world = debtor();
  const { organization } = world.do('create_organization', { name: 'other' });
  world.wait(40);
  world.do('create_service', { organization });
  assert.equal(world.do('get_organization', { organization }).restricted, false);
});

// ---- extensions -----------------------------------------------------------------------------------

check('an extension puts off the deletion, and no more (deletion, deletes)', () => {
  const world = debtor();
  world.wait(1);
  world.my('grant_extension', { until: plus(FAILED, 50) });
  turns(world, plus(FAILED, 14), () => world.states(), 'running', 'stopped');
  turns(world, plus(FAILED, 50), () => world.see().data, 'present', 'deleted');
});
check('extension_scope all_deadlines', () => {
  const world = debtor({ extension_scope: 'all_deadlines' });
  world.my('grant_extension', { until: plus(FAILED, 20) });
  assert.equal(world.see().restricted, true);
  turns(world, plus(FAILED, 20), () => world.states(), 'running', 'stopped');
  turns(world, plus(FAILED, 30), () => world.see().data, 'present', 'deleted');
});
check('extension_end manual', () => {
  const world = debtor({ extension_end: 'manual' });
  world.my('grant_extension', { until: plus(FAILED, 20) });
  world.wait(400);
  assert.equal(world.see().data, 'present');
});
check('a later extension takes the place of an earlier one', () => {
  const world = debtor();
  world.my('grant_extension', { until: plus(FAILED, 90) });
  world.wait(40);
  assert.equal(world.see().data, 'present');
  world.my('grant_extension', { until: plus(FAILED, 35) });
  assert.equal(world.see().data, 'deleted');
});
check('an extension ends with the debt, and is nothing without one', () => {
  const world = customer();
  world.my('grant_extension', { until: plus(START, 300) });
  assert.equal(world.see().extension_until, null);
  world.use('1');
  world.to(FAILED);
  world.my('grant_extension', { until: plus(START, 300) });
  assert.equal(world.see().extension_until, plus(START, 300));
  world.do('pay_invoice', { invoice: world.see().invoices[0].invoice });
  assert.equal(world.see().extension_until, null);
});

// ---- onboarding and marketplaces ------------------------------------------------------------------

check('a new user has to verify, sign in and tell about the business (AWS-22 to AWS-24)', () => {
  const world = new World();
  const subscription = world.bought();
  const { user } = world.do('register_user', { email: 'a@example.org' });
  const link = { subscription, user };
  world.refused('not_verified', 'sign_in', { user });
  world.refused('not_verified', 'link_subscription', link);
  world.do('verify_email', { user });
  world.refused('not_signed_in', 'link_subscription', link);
  world.do('sign_in', { user });
  world.refused('no_business_info', 'link_subscription', link);
  world.do('provide_business_info', { user });
  const { organization } = world.do('link_subscription', link); // AWS-26
  const view = world.do('get_organization', { organization });
  assert.deepEqual(view.billing_method, { kind: 'marketplace', marketplace: 'aws' });
  assert.equal(view.trial.state, 'none');
});
check('only an admin links, and only once (AWS-04, AWS-06)', () => {
  const world = new World();
  const subscription = world.bought();
  const developer = world.my('add_member', { role: 'developer' }).user;
  const admin = world.my('add_member', { role: 'admin' }).user;
  world.refused('not_admin', 'link_subscription', { subscription, user: developer, organization: world.org });
  assert.deepEqual(world.my('link_subscription', { subscription, user: admin }), { organization: world.org });
  world.refused('already_linked', 'link_subscription', { subscription, user: admin });
});
check('what an account may buy (AWS-02, AWS-03, AWS-05)', () => {
  const world = new World();
  const account = (params) => world.do('open_marketplace_account', { marketplace: 'aws', ...params }).account;
  world.refused('not_permitted', 'subscribe', { account: account({ may_purchase: false }), offer: 'payg' });
  world.refused('not_signed_in', 'subscribe', { account: account({ signed_in: false }), offer: 'payg' });
  const mine = account({});
  const { subscription } = world.do('subscribe', { account: mine, offer: 'payg', purchase_order: 'PO-1' });
  world.refused('already_subscribed', 'subscribe', { account: mine, offer: 'payg' });
  world.end(subscription);
  world.do('subscribe', { account: mine, offer: 'payg' });
  world.refused('ended', 'end_subscription', { subscription, cause: 'not_renewed' });
  world.refused('ended', 'link_subscription', { subscription, user: world.admin });
});
check('subscribing alone bills nothing; linking does (AWS-16, AWS-29)', () => {
  const world = customer();
  world.card('approves');
  const subscription = world.bought();
  world.use('4');
  world.wait(1);
  assert.deepEqual([world.reported(), world.see().billing_method.kind], [[], 'card']);
  world.my('link_subscription', { subscription, user: world.admin });
  world.use('6');
  world.to(plus(FAILED, 1));
  assert.deepEqual(world.invoices(), ['4.00 paid'], 'from before, by the card then on file');
  assert.deepEqual(world.reported().map((r) => [r.subscription, r.amount]), [[subscription, '6.00']]);
});
check('usage_before_linking moves_to_marketplace', () => {
  const world = customer({ usage_before_linking: 'moves_to_marketplace' });
  world.card('approves');
  world.use('9000');
  world.wait(2, 90);
  const subscription = world.linked();
  assert.deepEqual(world.reported(), [{ subscription, at: world.now, kind: 'usage', item: 'compute', amount: '9000.00' }]);
  world.end(subscription);
  world.use('9000');
  assert.deepEqual([world.see().uninvoiced, world.invoices()], ['9000.00', []]);
});
for (const [lines, expected] of [['per_item', ['compute 3.00', 'storage 2.00']], ['per_hour', ['usage 5.00']]]) {
  check(`report_lines ${lines} (BC-36)`, () => {
    const world = customer({ report_lines: lines });
    world.linked('payg', 'gcp');
    world.use('1');
    world.use('2', 'storage');
    world.wait(0, 3599);
    world.use('2');
    assert.deepEqual(world.reported(), []);
    world.wait(0, 1);
    assert.deepEqual(world.reported().map((r) => `${r.item} ${r.amount}`), expected);
    world.use('8');
    world.wait(0, 3600);
    assert.equal(world.reported().length, expected.length + 1);
  });
}
check('usage for a marketplace never meets the threshold or the card (BC-18, AWS-29)', () => {
  const world = customer();
  world.card('approves');
  world.linked('payg', 'azure');
  world.use('25000');
  world.to(plus(FAILED, 2));
  assert.deepEqual([world.invoices(), world.see().charges], [[], []]);
});
check('after the end the card pays, and the last hour is still reported (BC-41)', () => {
  const world = customer();
  world.card('approves');
  const subscription = world.linked();
  world.use('6');
  world.end(subscription);
  world.use('7');
  world.to(plus(FAILED, 1));
  assert.deepEqual([world.invoices(), world.reported().map((r) => r.amount)], [['7.00 paid'], ['6.00']]);
  assert.deepEqual(world.do('get_subscription', { subscription }).ends_at, START);
});
check('the AWS free trial ends by itself, and payg can follow (AWS-12 to AWS-14)', () => {
  const world = customer();
  const { account } = world.do('open_marketplace_account', { marketplace: 'aws' });
  const { subscription } = world.do('subscribe', { account, offer: 'free_trial' });
  world.wait(1);
  world.my('link_subscription', { subscription, user: world.admin });
  const view = () => world.do('get_subscription', { subscription });
  assert.equal(view().ends_at, plus(START, 30));
  turns(world, plus(START, 30), () => view().state, 'linked', 'ended');
  assert.equal(world.see().billing_method.kind, 'none');
  world.use('1');
  world.wait(1);
  assert.deepEqual(world.reported(), []);
  const next = world.do('subscribe', { account, offer: 'payg' }).subscription;
  world.my('link_subscription', { subscription: next, user: world.admin });
  assert.equal(world.see().billing_method.kind, 'marketplace');
});
check('the AWS free trial under the other deadlines', () => {
  for (const [value, seconds] of [['after', 1], ['end_of_day', 86_400]]) {
    const world = new World({ deadline_instant: value });
    const subscription = world.bought('free_trial');
    const state = () => world.do('get_subscription', { subscription }).state;
    turns(world, plus(START, 30, seconds), state, 'subscribed', 'ended');
  }
});

// ---- the end of a marketplace subscription without a card -----------------------------------------

const END = plus(START, 5);
function abandoned(readings) {
  const world = customer(readings);
  world.subscription = world.linked();
  world.to(END);
  world.end(world.subscription);
  return world;
}
check('marketplace_end restricts_at_end (BC-44 to BC-46)', () => {
  const world = abandoned({});
  assert.deepEqual([world.see().restricted, world.see().unpaid_since], [true, END]);
  turns(world, plus(END, 14), () => world.states(), 'running', 'stopped');
  turns(world, plus(END, 30), () => world.states(), 'stopped', 'deleted');
});
check('marketplace_end restricts_at_due', () => {
  const world = abandoned({ marketplace_end: 'restricts_at_due' });
  world.wait(20);
  assert.deepEqual([world.see().restricted, world.states()], [false, 'running']);
  world.use('1');
  turns(world, FAILED, () => world.see().restricted, false, true);
  turns(world, plus(FAILED, 14), () => world.states(), 'running', 'stopped');
});
check('marketplace_end stops_at_end', () => {
  for (const clock of KNOBS.unpaid_clock) {
    const world = abandoned({ marketplace_end: 'stops_at_end', unpaid_clock: clock });
    assert.deepEqual([world.see().restricted, world.states()], [true, 'stopped']);
    turns(world, plus(END, 14), () => world.states(), 'stopped', 'deleted');
  }
});
check('marketplace_end stops_at_end with an extension', () => {
  const world = abandoned({ marketplace_end: 'stops_at_end', deadline_instant: 'after' });
  world.my('grant_extension', { until: plus(END, 20) });
  turns(world, plus(END, 20, 1), () => world.see().data, 'present', 'deleted');
});
check('a card or another subscription cures it, credits do not', () => {
  for (const value of ['restricts_at_end', 'stops_at_end']) {
    const world = abandoned({ marketplace_end: value, restart_after_payment: 'automatic' });
    world.my('grant_credits', { amount: '10', expires_at: plus(END, 300) });
    assert.equal(world.see().restricted, true);
    world.linked('payg', 'gcp');
    assert.deepEqual([world.see().restricted, world.states()], [false, 'running']);
    const other = abandoned({ marketplace_end: value });
    other.card('declines');
    assert.equal(other.see().restricted, false);
  }
});
for (const [clock, since] of [['per_invoice', FAILED], ['until_all_paid', END]]) {
  check(`the end goes on as a debt where an invoice is open (${clock})`, () => {
    const world = abandoned({ unpaid_clock: clock, marketplace_end: 'stops_at_end' });
    world.my('grant_extension', { until: plus(END, 200) });
    world.use('1');
    world.to(plus(FAILED, 1));
    world.card('declines');
    world.my('grant_extension', { until: END });
    assert.deepEqual([world.see().restricted, world.see().unpaid_since], [true, since]);
    turns(world, plus(since, 30), () => world.see().data, 'present', 'deleted');
  });
}
check('with credits left, the end of a subscription restricts nothing', () => {
  const world = customer();
  const subscription = world.linked();
  world.my('grant_credits', { amount: '10', expires_at: plus(START, 300) });
  world.end(subscription);
  assert.equal(world.see().restricted, false);
});

// ---- credits and commitments ----------------------------------------------------------------------

check('credits cover from their granting on, and a record may be split (BC-56, BC-58, BC-60)', () => {
  const world = customer();
  world.card('approves');
  world.use('3');
  world.my('sign_commitment', { credits: '10', expires_at: plus(START, 300) });
  assert.deepEqual(world.see().billing_method, { kind: 'credits', marketplace: null });
  world.use('12');
  assert.equal(world.see().credits[0].left, '0.00');
  assert.equal(world.see().billing_method.kind, 'card');
  world.to(FAILED);
  assert.deepEqual(world.invoices(), ['5.00 paid']);
});
for (const [value, seconds] of [['at', 0], ['after', 1], ['end_of_day', 86_400]]) {
  check(`credits expire under deadline_instant ${value} (BC-59)`, () => {
    const world = customer({ deadline_instant: value });
    world.card('approves');
    world.my('grant_credits', { amount: '10', expires_at: plus(START, 9) });
    turns(world, plus(START, 9, seconds), () => world.see().billing_method.kind, 'credits', 'card');
    world.use('1');
    assert.equal(world.see().uninvoiced, '1.00');
  });
}
for (const [order, left] of [['soonest_expiry', ['10.00', '4.00']], ['oldest_grant', ['4.00', '10.00']]]) {
  check(`credit_order ${order}`, () => {
    const world = customer({ credit_order: order });
    world.my('grant_credits', { amount: '10', expires_at: plus(START, 300) });
    world.wait(1);
    world.my('grant_credits', { amount: '10', expires_at: plus(START, 200) });
    world.use('6');
    assert.deepEqual(world.see().credits.map((c) => c.left), left);
  });
}
check('a marketplace commitment is reported, and goes on there when used up (BC-51, BC-61)', () => {
  const world = customer();
  world.card('approves');
  const subscription = world.linked('committed', 'gcp');
  world.my('sign_commitment', { credits: '10', expires_at: plus(START, 20), subscription });
  assert.deepEqual(world.reported('commitment'), [{ subscription, at: START, kind: 'commitment', item: 'commitment', amount: '10.00' }]);
  assert.deepEqual(world.see().billing_method, { kind: 'credits', marketplace: 'gcp' });
  world.use('15');
  world.wait(25);
  assert.deepEqual(world.reported().map((r) => r.amount), ['5.00']);
  assert.equal(world.see().billing_method.kind, 'marketplace');
  world.end(subscription); // BC-62
  world.use('2');
  world.to(FAILED);
  assert.deepEqual(world.invoices(), ['2.00 paid']);
});
for (const [fallback, kind] of [['same_marketplace', 'marketplace'], ['card', 'card']]) {
  check(`commitment_expiry_fallback ${fallback}`, () => {
    const world = customer({ commitment_expiry_fallback: fallback });
    world.card('approves');
    const subscription = world.linked('committed', 'azure');
    world.my('sign_commitment', { credits: '10', expires_at: plus(START, 20), subscription });
    turns(world, plus(START, 20), () => world.see().billing_method.kind, 'credits', kind);
  });
}
check('a commitment takes a committed subscription of this organization', () => {
  const world = customer();
  const sign = (subscription) => ({ organization: world.org, credits: '1', expires_at: plus(START, 20), subscription });
  world.refused('other', 'sign_commitment', sign(world.linked('payg')));
  world.refused('other', 'sign_commitment', sign(world.bought('committed', 'gcp')));
});
/** A direct commitment used up, and two debts after it: on 10 February (paid on the 12th) and 10 March. */
function fallen(readings, options) {
  const world = customer(readings, options);
  world.my('sign_commitment', { credits: '10', expires_at: plus(START, 300) });
  world.use('12');
  world.to(FAILED);
  return world;
}
check('a committed customer is restricted and stopped, never deleted (BC-63 to BC-66)', () => {
  for (const protection of KNOBS.commitment_protection) {
    for (const clock of KNOBS.unpaid_clock) {
      const world = fallen({ commitment_protection: protection, unpaid_clock: clock });
      turns(world, plus(FAILED, 14), () => world.states(), 'running', 'stopped');
      world.use('5');
      world.wait(400);
      assert.deepEqual([world.states(), world.see().data], ['stopped', 'present']);
    }
  }
});
for (const [protection, data] of [['ever_committed', 'present'], ['fallback_debt', 'deleted']]) {
  check(`commitment_protection ${protection}: the second debt`, () => {
    for (const clock of KNOBS.unpaid_clock) {
      const world = fallen({ commitment_protection: protection, unpaid_clock: clock });
      world.do('pay_invoice', { invoice: world.see().invoices[0].invoice });
      world.use('5');
      world.wait(28 + 31);
      assert.equal(world.see().data, data);
    }
  });
  check(`commitment_protection ${protection}: an older debt`, () => {
    const world = debtor({ commitment_protection: protection });
    world.my('sign_commitment', { credits: '10', expires_at: plus(START, 300) });
    world.use('10');
    world.wait(31);
    assert.equal(world.see().data, data);
  });
}
check('no deletion by hand before contact (BC-65)', () => {
  const world = customer();
  world.my('record_contact');
  world.my('sign_commitment', { credits: '10', expires_at: plus(START, 300) });
  world.use('12');
  world.to(FAILED);
  world.refused('not_contacted', 'delete_data', { organization: world.org });
  world.wait(1);
  world.my('record_contact');
  world.my('delete_data');
  assert.deepEqual([world.see().data, world.states(), world.see().contacts], ['deleted', 'deleted', [START, plus(FAILED, 1)]]);
});

// ---- histories ------------------------------------------------------------------------------------

/** A long history; `steps` says how a wait is walked. */
function history(readings, stepSeconds) {
  const world = trialist(readings, '50', '2024-01-31T09:00:00Z');
  const go = (days) => {
    const goal = plus(world.now, days);
    while (stepSeconds && plus(world.now, 0, stepSeconds) < goal) { world.wait(0, stepSeconds); world.see(); }
    world.to(goal);
  };
  world.my('choose_tier', { tier: 'enterprise' });
  world.use('20');
  go(31);
  world.card('approves');
  world.send('start_service', { service: world.main });
  world.use('33.33');
  go(40);
  world.my('set_card_behaviour', { behaviour: 'declines' });
  world.use('12000');
  go(10);
  world.use('77');
  go(6);
  world.my('grant_extension', { until: plus(world.now, 30) });
  world.my('sign_commitment', { credits: '100', expires_at: plus(world.now, 12) });
  world.use('60', 'storage');
  go(13);
  world.use('5');
  const subscription = world.linked('payg', 'aws');
  world.use('8', 'storage');
  go(9);
  world.end(subscription);
  go(70);
  const text = JSON.stringify(world.see());
  assert.equal(JSON.stringify(world.see()), text, 'reading changes nothing');
  return { world, text };
}
check('one jump and many steps leave the same world, under every value of every knob', () => {
  for (const [knob, values] of Object.entries(KNOBS)) {
    for (const value of values) {
      const whole = history({ [knob]: value }, null).text;
      for (const step of [86_400, 5 * 86_400 + 11]) assert.equal(history({ [knob]: value }, step).text, whole, `${knob}=${value}`);
    }
  }
});
check('usage is accounted for to the cent', () => {
  for (const [knob, values] of Object.entries(KNOBS)) {
    for (const value of values) {
      const { world } = history({ [knob]: value }, null);
      const cents = (text) => Math.round(Number(text) * 100);
      const total = (list, of) => list.reduce((sum, one) => sum + cents(of(one)), 0);
      const { invoices, credits, trial, uninvoiced } = world.see();
      const sum = total(invoices, (i) => i.amount) + total(credits, (c) => c.amount) - total(credits, (c) => c.left)
        + 5000 - cents(trial.credits_left) + total(world.reported(), (r) => r.amount) + cents(uninvoiced);
      assert.equal(sum, cents('12203.33'), `${knob}=${value}`);
    }
  }
});

// ---- broken on purpose ----------------------------------------------------------------------------

check('broken: stop-after-21-days', () => {
  const world = debtor({}, { broken: 'stop-after-21-days' });
  turns(world, plus(FAILED, 21), () => world.states(), 'running', 'stopped');
});
check('broken: cap-exclusive', () => {
  const world = debtor({}, { broken: 'cap-exclusive' });
  world.refused('memory_cap', 'scale_service', { service: world.main, replica_memory_gib: 120 });
  world.do('scale_service', { service: world.main, replica_memory_gib: 116 });
});
check('broken: no-delete-of-services', () => {
  const world = debtor({}, { broken: 'no-delete-of-services' });
  world.wait(31);
  assert.deepEqual([world.states(), world.see().data], ['stopped', 'deleted']);
});
check('broken: report-before-linking', () => {
  const world = customer({}, { broken: 'report-before-linking' });
  world.bought();
  world.use('4');
  world.wait(1);
  assert.equal(world.reported().length, 1);
});
check('broken: deletes-committed', () => {
  const world = fallen({}, { broken: 'deletes-committed' });
  world.wait(31);
  assert.equal(world.see().data, 'deleted');
});
check('broken: thirty-day-cycle', () => {
  assert.equal(customer({}, { broken: 'thirty-day-cycle' }).see().billing_cycle.last_day, '2025-02-08');
});

// ---- the wire -------------------------------------------------------------------------------------

check('what is declared', () => {
  const world = new World({ month_end: 'sticky' });
  const told = world.do('describe_implementation', {});
  assert.deepEqual([told.contract, told.settles_within, told.capabilities], ['1', 'PT0S', CAPABILITIES]);
  assert.equal(Object.keys(told.readings).length, 28);
  assert.equal(told.readings.month_end, 'sticky');
  for (const method of Object.keys(METHODS)) assert.equal(typeof world.billing[method], 'function', method);
});
check('malformed and unknown calls, and on it goes', () => {
  const world = new World();
  const code = (method, params) => world.send(method, params).error?.code;
  assert.equal(code('no_such_method'), -32601);
  assert.equal(code('constructor'), -32601);
  assert.equal(code('advance_to', { now: '2025-02-30T00:00:00Z' }), -32602);
  assert.equal(code('advance_to', { now: '2025-02-20' }), -32602);
  assert.equal(code('advance_to', { now: '2024-02-20T00:00:00Z' }), -32602);
  for (const amount of ['-1', '1.234', 5, '1e3', '']) {
    assert.equal(code('record_usage', { organization: world.org, amount }), -32602);
  }
  assert.equal(code('get_organization', {}), -32602);
  assert.equal(code('get_organization', { organization: 'nobody' }), -32602);
  assert.equal(code('get_organization', [world.org]), -32602);
  assert.equal(code('create_service', { organization: world.org, replica_memory_gib: 1.5 }), -32602);
  Object.defineProperty(world.billing, 'services', { get() { throw new Error('on purpose'); }, configurable: true });
  const { write } = process.stderr;
  process.stderr.write = () => true;
  try { assert.equal(code('stop_service', { service: 'x' }), -32603); } finally { process.stderr.write = write; }
  assert.equal(world.see().data, 'none');
});
check('capabilities left out', () => {
  const world = new World({}, { without: ['commitments', 'trial', 'onboarding', 'marketplace.aws', 'pay_invoice'] });
  const told = world.do('describe_implementation', {}).capabilities;
  assert.deepEqual(told, ['card', 'marketplace.gcp', 'marketplace.azure', 'extension', 'manual_deletion']);
  const code = (method, params) => world.send(method, params).error?.code;
  const organization = world.org;
  assert.equal(code('start_trial', { organization, credits: '1' }), -32601);
  assert.equal(code('grant_credits', { organization, amount: '1', expires_at: START }), -32601);
  assert.equal(code('sign_commitment', { organization, credits: '1', expires_at: START }), -32601);
  assert.equal(code('open_marketplace_account', { marketplace: 'aws' }), -32601);
  assert.equal(code('open_marketplace_account', { marketplace: 'gcp', may_purchase: false }), -32601);
  const { account } = world.do('open_marketplace_account', { marketplace: 'gcp' });
  assert.equal(code('subscribe', { account, offer: 'committed' }), -32601);
  world.do('subscribe', { account, offer: 'payg' });
  const none = new World({}, { without: ['marketplace.aws', 'marketplace.gcp', 'marketplace.azure'] });
  assert.equal(none.send('get_subscription', { subscription: 'x' }).error.code, -32601);
  assert.ok(!none.do('describe_implementation', {}).capabilities.includes('commitment.marketplace'));
});
const call = (id, method, params = {}) => JSON.stringify({ jsonrpc: '2.0', id, method, params });
check('over standard streams, to the end of input', () => {
  const input = [call(1, 'reset', { now: START }), 'not json', '[]', call(2, 'create_organization', { name: 'é' }), ''].join('\n');
  const run = spawnSync('node', [SERVER, '--stdio', '--reading', 'month_end=sticky'], { input, encoding: 'utf8' });
  const lines = run.stdout.trim().split('\n').map((line) => JSON.parse(line));
  assert.equal(run.status, 0);
  assert.deepEqual(lines.map((l) => l.error?.code ?? 'ok'), ['ok', -32700, -32600, 'ok']);
  assert.deepEqual(lines[0], { jsonrpc: '2.0', id: 1, result: {} });
});
check('over HTTP', async () => {
  const child = spawn('node', [SERVER, '--http', '0', '--without', 'commitments'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const line = await new Promise((resolve) => child.stdout.once('data', (data) => resolve(String(data))));
    const url = /^listening on (http:\/\/127\.0\.0\.1:\d+\/)\n$/.exec(line)[1];
    for (let id = 1; id <= 3; id += 1) {
      const response = await fetch(url, { method: 'POST', body: call(id, 'describe_implementation') });
      const body = await response.json();
      assert.deepEqual([response.status, body.id, body.result.contract], [200, id, '1']);
    }
    assert.equal((await fetch(url)).status, 405);
  } finally {
    child.kill();
  }
});
check('the command line', () => {
  const run = (...args) => spawnSync('node', [SERVER, ...args], { encoding: 'utf8' });
  assert.deepEqual(run('--list-broken').stdout.trim().split('\n').map((l) => l.split(':')[0]), Object.keys(BREAKS));
  for (const args of [['--reading', 'month_end=never'], ['--reading', 'moon=full'], ['--without', 'x'], ['--broken', 'x'], ['-x'], []]) {
    assert.equal(run(...args).status, 2, args.join(' '));
  }
});

// ---- run ------------------------------------------------------------------------------------------

let failed = 0;
for (const [name, body] of checks) {
  try {
    await body();
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}\n  ${String(error.stack).split('\n').slice(0, 12).join('\n  ')}`);
  }
}
console.log(`${checks.length - failed} checks passed${failed ? `, ${failed} failed` : ''}`);
process.exitCode = failed ? 1 : 0;
