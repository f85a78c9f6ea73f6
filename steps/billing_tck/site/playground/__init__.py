"""The playground of a site: run, change and grade scenarios in the browser.

`answers` is the interface: JSON in, JSON out, the same natively and in a browser. `bundle` makes the runtime, a folder
with Python compiled to WebAssembly and the kit, and `runtime` reads it for a site. `playground.js` is the panel of a
page and `worker.js` the worker that it starts.
"""
