// Make the runtime of a playground: node build.mjs PYODIDE STAGE OUT
//
// PYODIDE is the npm package, STAGE a folder with the kit and the packages that it needs, OUT an existing folder.
// Python is started twice. The first start compiles the kit in STAGE and the standard library, as far as it is used.
// The second start loads all of it and answers some requests; then the memory is stored, which a browser continues.
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { pathToFileURL } from "node:url";

const [pyodide, stage, out] = process.argv.slice(2).map((name) => path.resolve(name));
const { loadPyodide } = await import(pathToFileURL(path.join(pyodide, "pyodide.mjs")));
const small = (data) => zlib.gzipSync(data, { level: 9 });
const put = (name, data) => fs.writeFileSync(path.join(out, name), data);

const start = async (options) => {
  const python = await loadPyodide({ indexURL: pyodide, env: { HOME: "/home" }, ...options });
  for (const [place, folder] of [["/kit", stage], ["/out", out]]) {
    python.FS.mkdirTree(place);
    python.mountNodeFS(place, folder);
  }
  python.runPython(fs.readFileSync(path.join(stage, "prepare.py"), "utf8"));
  return python;
};

const first = await start({});
first.runPython("write_library('/out/library.zip')");
const library = path.join(out, "library.zip");
const second = await start({ stdLibURL: library, _makeSnapshot: true });
second.runPython("forget()");
put("snapshot.bin", small(second.makeMemorySnapshot()));
fs.rmSync(library);
const lock = JSON.parse(fs.readFileSync(path.join(pyodide, "pyodide-lock.json"), "utf8"));
put("pyodide-lock.json", JSON.stringify({ ...lock, packages: {} }));
put("pyodide.wasm.bin", small(fs.readFileSync(path.join(pyodide, "pyodide.asm.wasm"))));
for (const name of ["pyodide.mjs", "pyodide.asm.mjs"]) {
  const script = fs.readFileSync(path.join(pyodide, name), "utf8");
  put(name, script.replace(/^\/\/# sourceMappingURL=.*$/gm, ""));
}
