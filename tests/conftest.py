"""Settings for every test."""

import signal

# Started in the background, as some CI does, a process is born deaf to Ctrl-C, and so is all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
