"""A recorder that writes nothing, and knows no more than what this session did (`review --no-record`)."""

from __future__ import annotations

from backprop_tutor.records.recorder import Recorder


class Forgetful(Recorder):
    """As if there were no record, and none to begin."""

    def _is_there(self) -> bool:
        return False

    def _write_down(self) -> None:
        self._waiting = []
