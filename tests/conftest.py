"""Property tests try the same cases in every run; HYPOTHESIS_PROFILE=search looks for new ones.

None is timed: speed is measured by benchmarks, and a busy machine must not fail a test.
"""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", settings.get_profile("default"), max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
