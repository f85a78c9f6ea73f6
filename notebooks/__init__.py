"""The kit's notebooks: MyST Markdown sources, a builder, and the built notebooks with their outputs.

Not part of the installed package, which carries the built notebooks as data.
"""
