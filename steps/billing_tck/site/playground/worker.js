// The worker of a playground: it continues the stored memory of Python, in which the kit is loaded already, and
// answers requests. Everything comes from the folder `runtime` beside this file.
import { loadPyodide } from "./runtime/pyodide.mjs";

const RUNTIME = new URL("./runtime/", import.meta.url).href;
const PAGE = 65536; // bytes of WebAssembly memory
const WASM = new URL("pyodide.asm.wasm", RUNTIME).href;
const LIBRARY = new URL("python_stdlib.zip", RUNTIME).href;
const fetched = self.fetch.bind(self);

let received = 0;
const counter = () => new TransformStream({
  transform(chunk, controller) {
    received += chunk.byteLength;
    self.postMessage({ kind: "progress", stage: "runtime", received });
    controller.enqueue(chunk);
  },
});

const inflated = async (name, type = "application/octet-stream") => {
  const response = await fetched(new URL(name, RUNTIME));
  if (!response.ok) throw new Error(`${name}: status ${response.status}`);
  const stream = response.body.pipeThrough(counter()).pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream, { headers: { "Content-Type": type } });
};
const bytes = async (name) => new Uint8Array(await (await inflated(name)).arrayBuffer());

// Pyodide asks for its WebAssembly, which the site has compressed, and for the standard library, which is in the memory.
self.fetch = async (resource, options) => {
  const url = String(resource?.url ?? resource);
  if (url === WASM) return inflated("pyodide.wasm.bin", "application/wasm");
  return url === LIBRARY ? new Response(new Uint8Array()) : fetched(resource, options);
};

const start = async () => {
  const began = performance.now();
  const memory = bytes("snapshot.bin");
  const module = import("./runtime/pyodide.asm.mjs");
  const stored = await memory;
  self.postMessage({ kind: "progress", stage: "kit" });
  const python = await loadPyodide({
    indexURL: RUNTIME,
    packageBaseUrl: RUNTIME,
    stdLibURL: LIBRARY,
    _loadSnapshot: stored,
    createPyodideModule: async (settings) => {
      // The memory begins smaller than the stored one, and does not grow by itself before that is copied.
      const instantiate = settings.instantiateWasm;
      settings.instantiateWasm = (imports, done) => instantiate(imports, (instance, compiled) => {
        const missing = Math.ceil((stored.length - instance.exports.memory.buffer.byteLength) / PAGE);
        if (missing > 0) instance.exports.memory.grow(missing);
        done(instance, compiled);
      });
      return (await module).default(settings);
    },
  });
  const answer = python.globals.get("answer");
  self.postMessage({ kind: "ready", seconds: (performance.now() - began) / 1000 });
  return answer;
};

const ready = start();
ready.catch((error) => self.postMessage({ kind: "failed", message: String(error?.message ?? error) }));
self.addEventListener("message", async ({ data }) => {
  const { id, request } = data;
  try {
    self.postMessage({ kind: "answer", id, answer: JSON.parse((await ready)(JSON.stringify(request))) });
  } catch (error) {
    self.postMessage({ kind: "failed", id, message: String(error?.message ?? error) });
  }
});
