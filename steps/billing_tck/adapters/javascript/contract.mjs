// The contract's two outcomes beside a result, and its values: milliseconds and cents inside, strings on the wire.

/** The system says no, as the rules want. The reason is one of REASONS; 'other' always will do. */
export class Refused extends Error {
  constructor(reason, message = '') {
    super(message);
    this.reason = reason;
  }
}

/** This system has no such thing. */
export class Unsupported extends Error {}

export const REASONS = [
  'unpaid_invoice', 'no_billing_method', 'memory_cap', 'not_admin', 'not_permitted', 'not_signed_in',
  'not_verified', 'no_business_info', 'already_subscribed', 'already_linked', 'not_contacted', 'deleted',
  'ended', 'other',
];

export const METHODS = [
  'describe_implementation', 'reset', 'advance_to', 'register_user', 'verify_email', 'sign_in',
  'provide_business_info', 'create_organization', 'add_member', 'start_trial', 'choose_tier', 'create_service',
  'start_service', 'stop_service', 'scale_service', 'record_usage', 'add_card', 'set_card_behaviour',
  'attempt_collection', 'pay_invoice', 'open_marketplace_account', 'subscribe', 'link_subscription',
  'end_subscription', 'sign_commitment', 'grant_credits', 'grant_extension', 'record_contact', 'delete_data',
  'get_organization', 'get_subscription',
];

/** "2025-01-18T00:00:00Z" as milliseconds. */
export const msOf = (text) => Date.parse(text);

/** Milliseconds as "2025-01-18T00:00:00Z"; null stays null. */
export const instant = (ms) => (ms === null ? null : new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z'));

/** Milliseconds as the day "2025-01-18" of UTC. */
export const day = (ms) => new Date(ms).toISOString().slice(0, 10);

/** "12.5" as 1250n cents: whole numbers lose nothing. */
export function centsOf(text) {
  const [dollars, cents = ''] = text.split('.');
  return BigInt(dollars + cents.padEnd(2, '0'));
}

/** 1250n cents as "12.50". */
export const money = (cents) => `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
