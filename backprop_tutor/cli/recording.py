"""Who records a session: this user's record, or nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backprop_tutor.cli.screen import complain

if TYPE_CHECKING:
    from backprop_tutor.records.recorder import Recorder
    from backprop_tutor.records.unrecorded import Unrecorded


def recorder_for(no_record: bool) -> Unrecorded:
    """The recorder of this user's answers; one that remembers nothing for `--no-record`."""
    if no_record:
        from backprop_tutor.records.unrecorded import Unrecorded

        return Unrecorded()
    return reviewer_for(no_record)


def reviewer_for(no_record: bool) -> Recorder:
    """The recorder of a review, which chooses by what is recorded; for `--no-record` by this session alone."""
    from backprop_tutor.records.access import Access, NoAccess
    from backprop_tutor.records.recorder import Recorder

    return Recorder(NoAccess() if no_record else Access(complain))
