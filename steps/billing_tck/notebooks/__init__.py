"""The kit's notebooks: small sources in Markdown, built, executed and stored with their outputs.

`python -m billing_tck.notebooks` writes them; `--check` compares those that are stored with today's kit.
"""
