// Compile what a notebook loads: node compile.mjs PYODIDE PACKAGES OUT
//
// PYODIDE is the npm package, PACKAGES a folder with wheels and their pyodide-lock.json, OUT an existing folder. The
// kernel is started as in a browser, and `compiling.py` runs what the first cells of a notebook run.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [pyodide, packages, out] = process.argv.slice(2).map((name) => path.resolve(name));
const { loadPyodide } = await import(pathToFileURL(path.join(pyodide, "pyodide.mjs")));
const lock = JSON.parse(fs.readFileSync(path.join(packages, "pyodide-lock.json"), "utf8"));
const python = await loadPyodide({ indexURL: pyodide, lockFileContents: lock, packageBaseUrl: `${packages}/` });
await python.loadPackage(Object.keys(lock.packages), { messageCallback: () => {} });
python.FS.mkdirTree("/out");
python.mountNodeFS("/out", out);
python.runPython(fs.readFileSync(path.join(import.meta.dirname, "compiling.py"), "utf8"));
