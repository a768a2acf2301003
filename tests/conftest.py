"""Property tests try the same cases in every run; HYPOTHESIS_PROFILE=search looks for new ones.

None is timed: speed is measured by benchmarks, and a busy machine must not fail a test.
"""

import os
import signal
import threading

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", settings.get_profile("default"), max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# A shell ignores Ctrl-C for what it runs in the background, and so would the processes that tests interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
