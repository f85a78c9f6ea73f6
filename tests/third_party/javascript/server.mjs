// Serves billing.mjs as JSON-RPC 2.0, over standard streams or HTTP.
//
//   node server.mjs --stdio | --http PORT  [--reading KNOB=VALUE]... [--without CAPABILITY]... [--broken NAME]
//   node server.mjs --list-broken

import { realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { Billing, BREAKS, MARKETPLACES, Malformed, Refused, Unsupported } from './billing.mjs';

// ---- readers: one wire value in, one inner value out, or Malformed --------------------------------

function text(value) {
  if (typeof value !== 'string') throw new Malformed('a string is wanted');
  return value;
}

function bool(value) {
  if (typeof value !== 'boolean') throw new Malformed('true or false is wanted');
  return value;
}

function money(value) {
  if (typeof value !== 'string' || !/^\d+(\.\d{1,2})?$/.test(value)) throw new Malformed('a decimal string is wanted');
  const [dollars, cents = ''] = value.split('.');
  return BigInt(dollars + cents.padEnd(2, '0'));
}

function gibibytes(value) {
  if (!Number.isSafeInteger(value) || value < 1) throw new Malformed('a whole number of GiB is wanted');
  return value;
}

function instant(value) {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) {
    throw new Malformed('an instant in whole seconds of UTC is wanted');
  }
  const ms = Date.parse(value);
  // The parser takes some impossible days for the next possible ones: they do not survive the way back.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== value.slice(0, 19)) {
    throw new Malformed('no such instant');
  }
  return ms;
}

const oneOf = (...allowed) => (value) => {
  if (!allowed.includes(value)) throw new Malformed(`one of ${allowed.join(', ')} is wanted`);
  return value;
};
const orNull = (reader) => (value) => (value === null ? null : reader(value));
const optional = (reader, fallback) => ({ reader, fallback });

const behaviour = oneOf('approves', 'declines', 'expired', 'invalid', 'limited');
const card = { organization: text, behaviour, available_credit: optional(orNull(money), null) };

// Every method with its parameters; those with a default are optional.
export const METHODS = {
  describe_implementation: {},
  reset: { now: instant },
  advance_to: { now: instant },
  register_user: { email: text },
  verify_email: { user: text },
  sign_in: { user: text },
  provide_business_info: { user: text },
  create_organization: { name: text },
  add_member: { organization: text, role: oneOf('admin', 'developer') },
  start_trial: { organization: text, credits: money },
  choose_tier: { organization: text, tier: oneOf('basic', 'scale', 'enterprise') },
  create_service: { organization: text, replica_memory_gib: optional(gibibytes, 8) },
  start_service: { service: text },
  stop_service: { service: text },
  scale_service: { service: text, replica_memory_gib: gibibytes },
  record_usage: { organization: text, amount: money, item: optional(text, 'compute') },
  add_card: card,
  set_card_behaviour: card,
  attempt_collection: { organization: text },
  pay_invoice: { invoice: text },
  open_marketplace_account: {
    marketplace: oneOf(...MARKETPLACES), may_purchase: optional(bool, true), signed_in: optional(bool, true),
  },
  subscribe: { account: text, offer: oneOf('payg', 'free_trial', 'committed'), purchase_order: optional(orNull(text), null) },
  link_subscription: { subscription: text, user: text, organization: optional(orNull(text), null) },
  end_subscription: { subscription: text, cause: oneOf('cancelled', 'not_renewed') },
  sign_commitment: {
    organization: text, credits: money, expires_at: instant, subscription: optional(orNull(text), null),
  },
  grant_credits: { organization: text, amount: money, expires_at: instant },
  grant_extension: { organization: text, until: instant },
  record_contact: { organization: text },
  delete_data: { organization: text },
  get_organization: { organization: text },
  get_subscription: { subscription: text },
};

function readParams(schema, params) {
  if (params === null || typeof params !== 'object' || Array.isArray(params)) throw new Malformed('params is an object');
  for (const name of Object.keys(params)) {
    if (!Object.hasOwn(schema, name)) throw new Malformed(`no such parameter: ${name}`);
  }
  const values = {};
  for (const [name, entry] of Object.entries(schema)) {
    const given = Object.hasOwn(params, name);
    if (!given && typeof entry === 'function') throw new Malformed(`${name} is missing`);
    if (!given) values[name] = entry.fallback;
    else values[name] = (typeof entry === 'function' ? entry : entry.reader)(params[name]);
  }
  return values;
}

// ---- JSON-RPC -------------------------------------------------------------------------------------

function errorOf(error) {
  if (error instanceof Refused) return { code: 1, message: error.message, data: { reason: error.reason } };
  if (error instanceof Unsupported) return { code: -32601, message: error.message };
  if (error instanceof Malformed) return { code: -32602, message: error.message };
  process.stderr.write(`unexpected: ${error && error.stack}\n`);
  return { code: -32603, message: 'internal error' };
}

/** The answer to one request, as an object; null to a notification. */
export function answer(billing, request) {
  const valid = request !== null && typeof request === 'object' && request.jsonrpc === '2.0' && typeof request.method === 'string';
  if (!valid) return { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'not a request' } };
  let outcome;
  try {
    if (!Object.hasOwn(METHODS, request.method)) throw new Unsupported(`no method ${request.method}`);
    outcome = { result: billing[request.method](readParams(METHODS[request.method], request.params ?? {})) };
  } catch (error) {
    outcome = { error: errorOf(error) };
  }
  return request.id === undefined ? null : { jsonrpc: '2.0', id: request.id, ...outcome };
}

/** The same from text to text; '' where nothing is to be answered. */
function answerText(billing, body) {
  let request;
  try {
    request = JSON.parse(body);
  } catch {
    return JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32700, message: 'not JSON' } });
  }
  const response = answer(billing, request);
  return response ? JSON.stringify(response) : '';
}

function serveStreams(billing) {
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  lines.on('line', (line) => {
    if (line.trim() === '') return;
    const response = answerText(billing, line);
    if (response) process.stdout.write(`${response}\n`);
  });
  // At the end of input nothing keeps the process alive: it flushes what it wrote and exits.
}

function serveHttp(billing, port) {
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(405, { allow: 'POST' }).end();
      return;
    }
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = answerText(billing, Buffer.concat(chunks).toString('utf8'));
      response.writeHead(body ? 200 : 204, body ? { 'content-type': 'application/json' } : {}).end(body);
    });
  });
  server.keepAliveTimeout = 10 * 60 * 1000; // a caller may think for a while between two requests
  server.on('error', (error) => fail(`cannot listen: ${error.message}`));
  server.listen(port, '127.0.0.1', () => {
    process.stdout.write(`listening on http://127.0.0.1:${server.address().port}/\n`);
  });
}

// ---- command line ---------------------------------------------------------------------------------

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function readArguments(args) {
  const options = { readings: {}, without: [], broken: null, mode: null, port: null };
  const rest = [...args];
  const value = (flag) => (rest.length ? rest.shift() : fail(`${flag} wants a value`));
  while (rest.length) {
    const flag = rest.shift();
    if (flag === '--stdio') options.mode = 'stdio';
    else if (flag === '--http') {
      options.mode = 'http';
      options.port = value(flag);
      if (!/^\d+$/.test(options.port) || Number(options.port) > 65535) fail('--http wants a port number');
    } else if (flag === '--reading') {
      const [knob, ...chosen] = value(flag).split('=');
      options.readings[knob] = chosen.join('=');
    } else if (flag === '--without') options.without.push(value(flag));
    else if (flag === '--broken') options.broken = value(flag);
    else if (flag === '--list-broken') options.mode = 'list';
    else fail(`unknown argument: ${flag}`);
  }
  return options;
}

function main(args) {
  const options = readArguments(args);
  if (options.mode === 'list') {
    for (const [name, what] of Object.entries(BREAKS)) process.stdout.write(`${name}: ${what}\n`);
    return;
  }
  let billing;
  try {
    billing = new Billing(options);
  } catch (error) {
    fail(error.message);
  }
  if (options.mode === 'stdio') serveStreams(billing);
  else if (options.mode === 'http') serveHttp(billing, Number(options.port));
  else fail('say --stdio or --http PORT');
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) main(process.argv.slice(2));
