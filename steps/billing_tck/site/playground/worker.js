// The worker of a playground: it continues the stored memory of Python, in which the kit is loaded already, and
// answers requests. Everything comes from the folder `runtime` beside this file.
import { loadPyodide } from "./runtime/pyodide.mjs";

const RUNTIME = new URL("./runtime/", import.meta.url).href;
const PAGE = 65536; // bytes of WebAssembly memory
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

const start = async () => {
  const began = performance.now();
  const compiled = WebAssembly.compileStreaming(inflated("pyodide.wasm.bin", "application/wasm"));
  const memory = inflated("snapshot.bin").then((response) => response.arrayBuffer());
  const [module, stored] = await Promise.all([compiled, memory]);
  self.postMessage({ kind: "progress", stage: "kit" });

  // Pyodide asks for its WebAssembly, which is compiled already, and for the standard library, which is in the memory.
  const known = ["pyodide.asm.wasm", "python_stdlib.zip"].map((name) => new URL(name, RUNTIME).href);
  self.fetch = async (resource, options) =>
    known.includes(String(resource?.url ?? resource)) ? new Response(new Uint8Array()) : fetched(resource, options);
  WebAssembly.instantiateStreaming = async (_, imports) => {
    const instance = await WebAssembly.instantiate(module, imports);
    // The memory begins smaller than the stored one, and does not grow by itself before that is copied.
    const missing = Math.ceil((stored.byteLength - instance.exports.memory.buffer.byteLength) / PAGE);
    if (missing > 0) instance.exports.memory.grow(missing);
    return { instance, module };
  };
  const python = await loadPyodide({ indexURL: RUNTIME, packageBaseUrl: RUNTIME, _loadSnapshot: stored });
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
