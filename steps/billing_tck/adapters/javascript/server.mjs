// JSON-RPC 2.0 in front of adapter.mjs, one object a line: requests on standard input, answers on standard output.
// Standard error is a free log (console.error). Nothing here needs to be changed.

import { createInterface } from 'node:readline';
import { Adapter } from './adapter.mjs';
import { METHODS, Refused, Unsupported } from './contract.mjs';

console.log = console.error; // standard output belongs to the answers

const adapter = new Adapter();

async function answer(line) {
  let request;
  try {
    request = JSON.parse(line);
  } catch {
    return { id: null, error: { code: -32700, message: 'no JSON' } };
  }
  const { id = null, method, params = {} } = request ?? {};
  try {
    if (!METHODS.includes(method) || typeof adapter[method] !== 'function') throw new Unsupported();
    return { id, result: (await adapter[method](params)) ?? {} };
  } catch (error) {
    if (error instanceof Refused) {
      return { id, error: { code: 1, message: error.message, data: { reason: error.reason } } };
    }
    if (error instanceof Unsupported) return { id, error: { code: -32601, message: `${method} is not supported` } };
    console.error(error);
    return { id, error: { code: -32603, message: `${error.name}: ${error.message}` } };
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (line.trim() !== '') process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...(await answer(line)) })}\n`);
}
