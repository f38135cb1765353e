"""Workers killed with SIGKILL in the middle of their sends, on a real scheduler; `make crash` is the large one."""

from __future__ import annotations

from pathlib import Path

from crash import crash

SENDS = 16


def test_each_customer_gets_one_message_whatever_dies(tmp_path: Path) -> None:
    figures = crash(tmp_path, SENDS, seed=1)
    assert figures["state"] == "success"
    assert figures["with exactly one message"] == figures["customers"] == 2 * SENDS
    # Or nothing was killed, and nothing shown. The bulk task dies three times, each in the middle of its list.
    assert figures["tries"]["send"] > SENDS
    assert figures["tries"]["send_all"] == 4
