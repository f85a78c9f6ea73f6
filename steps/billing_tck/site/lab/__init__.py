"""The notebooks of a site: JupyterLab in the browser, with the kit.

`bundle` makes the lab, a folder with JupyterLite, the notebooks and the packages that they need, and `lab_folder` reads
it for a site. `python.mjs` starts the Python of a notebook: the one of the playground's runtime.
"""
