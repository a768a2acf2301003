"""The soak in short: failing endpoints, killed runs, a shared checkpoint, a full disk. `make soak` is the whole."""

import os

import pytest

from tests.soak.run import soak


@pytest.mark.skipif(os.name != "posix", reason="limits of files are POSIX's")
@pytest.mark.timeout(600)
def test_nothing_is_lost_doubled_out_of_order_or_left_open():
    assert soak(documents=150, share=0.2, kills=2, seed=3, rounds=2) == []
