"""Audit logs in a form of the user's own: a mapping says what each line means in terms of the contract.

`mapping_file` reads the mapping, `log` the lines of the log, `conversion` turns a line into a call or an observation,
`histories` groups them by organization on disk, and `auditor` judges one organization after the other, so that memory
does not grow with the log.
"""
