"""The tables of the record, as the steps that lead from each version to the next."""

from __future__ import annotations

from typing import Final

APPLICATION: Final = 0x42705475
"""Marks an SQLite file as a record of this program: "BpTu"."""

_SITTING = """
CREATE TABLE sitting (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started INTEGER NOT NULL,        -- milliseconds since 1970, UTC
    mode TEXT NOT NULL,              -- practice, part (of the questions), piped or review
    exercise TEXT NOT NULL,          -- its id
    path TEXT NOT NULL,              -- its file, empty for one of the catalogue or a circuit without a file
    seed TEXT,                       -- the variant, NULL for the author's own numbers
    circuit TEXT NOT NULL,           -- JSON: graph, output, upstream, loss, stages, neurons, update
    numbers TEXT NOT NULL,           -- JSON: each input's number
    version TEXT NOT NULL            -- of the tutor
)
"""
_ENTRY = """
CREATE TABLE entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sitting INTEGER NOT NULL REFERENCES sitting (id),
    at INTEGER NOT NULL,             -- milliseconds since 1970, UTC
    move TEXT NOT NULL,              -- answer, hint, skip, leave, back or undo
    stage TEXT NOT NULL,             -- the question that was open: its stage,
    target TEXT NOT NULL,            -- its name,
    skills TEXT NOT NULL,            -- and what it exercises, separated by blanks
    typed TEXT NOT NULL,
    verdict TEXT,                    -- NULL where nothing was marked
    diagnoses TEXT NOT NULL,         -- separated by blanks, likeliest first
    tries INTEGER NOT NULL,          -- answers to this question before this one, and solutions shown,
    hints INTEGER NOT NULL,          -- and hints
    seconds REAL,                    -- from the prompt to the answer, NULL where nobody waited
    remaining INTEGER NOT NULL       -- questions still open after it
)
"""
_SUMMARY = """
CREATE TABLE summary (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    rules TEXT NOT NULL,             -- how it was summed up
    upto INTEGER NOT NULL,           -- the last entry that it holds
    state TEXT NOT NULL              -- JSON
)
"""

MIGRATIONS: Final = (
    # 1: the log. A sitting is one exercise at one set of numbers; an entry is one thing typed there.
    (
        _SITTING,
        "CREATE INDEX sitting_of_exercise ON sitting (exercise, numbers)",
        _ENTRY,
        "CREATE INDEX entry_of_sitting ON entry (sitting)",
    ),
    # 2: what has been summed up so far, so that `progress` need not read the whole log. Rebuilt from the log at will.
    (_SUMMARY,),
    # 3: an answer's version of the tutor, NULL where it is its sitting's: a sitting may go on under another one.
    ("ALTER TABLE entry ADD COLUMN version TEXT",),
)
"""Step n leads from version n to version n + 1. A released step is never changed; a new one joins at the end."""

VERSION: Final = len(MIGRATIONS)
