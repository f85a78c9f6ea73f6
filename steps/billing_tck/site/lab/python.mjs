// The Python of a notebook: Pyodide from the runtime of the playground beside it, with the packages of this folder.
// JupyterLite loads this file in a worker. Nothing is loaded from another origin, and a cell cannot do so either.
import { loadPyodide as load, version } from "../../../playground/runtime/pyodide.mjs";

const RUNTIME = new URL("../../../playground/runtime/", import.meta.url).href;
const HERE = new URL("./", import.meta.url).href;
const WASM = `${RUNTIME}pyodide.asm.wasm`;
const STARTUP = "/home/pyodide/.ipython/profile_default/startup";

const checked = (address) => {
  const url = new URL(String(address?.url ?? address), self.location.href);
  if (url.origin !== self.location.origin && !["data:", "blob:"].includes(url.protocol)) {
    throw new TypeError(`${url.href} was not loaded: notebooks here load nothing from elsewhere`);
  }
  return url.href;
};

const fetched = self.fetch.bind(self);
self.fetch = async (resource, options) => {
  if (checked(resource) !== WASM) return fetched(resource, options);
  const response = await fetched(`${RUNTIME}pyodide.wasm.bin`);
  if (!response.ok) throw new Error(`pyodide.wasm.bin: status ${response.status}`);
  const stream = response.body.pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream, { headers: { "Content-Type": "application/wasm" } });
};

const open = XMLHttpRequest.prototype.open;
XMLHttpRequest.prototype.open = function (method, address, ...rest) {
  checked(address);
  return open.call(this, method, address, ...rest);
};

export const loadPyodide = async (options) => {
  const own = { indexURL: RUNTIME, lockFileURL: `${HERE}pyodide-lock.json`, packageBaseUrl: HERE };
  // The kernel asks for Jedi, which is as large as all other packages; IPython completes names without it.
  const packages = options.packages.filter((name) => name !== "jedi");
  const python = await load({ ...options, ...own, packages, stdLibURL: `${HERE}python_stdlib.zip` });
  python.FS.mkdirTree(STARTUP);
  python.FS.writeFile(`${STARTUP}/00-completion.py`, "get_ipython().Completer.use_jedi = False\n");
  return python;
};
export { version };
