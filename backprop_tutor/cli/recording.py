"""Who records a session: this user's record, or nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backprop_tutor.cli.screen import complain

if TYPE_CHECKING:
    from backprop_tutor.records.recorder import Recorder


def recorder_for(no_record: bool) -> Recorder:
    """The recorder of this user's answers; for `--no-record` one that remembers nothing beyond this session."""
    from backprop_tutor.records.recorder import Recorder
    from backprop_tutor.records.sittings import database

    return Recorder(None if no_record else database(), complain)
