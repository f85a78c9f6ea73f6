"""Audit logs in a form of the user's own: a mapping says what each line means in terms of the contract.

`mapping` is what a mapping says, and `mapping_file` reads it. `log` reads the lines of the log, and `conversion` turns
a line into a call or an observation. `histories` groups them by customer on disk, and `auditor` judges one customer
after the other, so that memory does not grow with the log.
"""
