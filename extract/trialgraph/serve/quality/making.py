"""The file of the quality page, made with one pass over the trials of a store for the rules and one for the scores."""

import datetime
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from hashlib import blake2b

import pyoxigraph

from trialgraph import resources, scores
from trialgraph.engines import across
from trialgraph.findings import SEVERITIES, Finding, clean
from trialgraph.rules import Rules, rules
from trialgraph.scores import Score
from trialgraph.serve.background import Tell
from trialgraph.serve.nodes import node, text, tg
from trialgraph.store import opened
from trialgraph.validate import Job, of_store

PROFILE = "core"
_TITLE = tg("briefTitle")
_FORM = 1
_LONGEST = 300  # characters of a value that a finding keeps
_TABLES = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE rule (shape TEXT PRIMARY KEY, id TEXT, name TEXT, severity TEXT, message TEXT, source TEXT, place INTEGER);
CREATE TABLE item (number INTEGER PRIMARY KEY, name TEXT, stated INTEGER, counted INTEGER);
CREATE TABLE finding (
  rule TEXT, trial TEXT, shape TEXT, severity INTEGER, focus TEXT, path TEXT, value TEXT
);
CREATE TABLE trial (
  id TEXT PRIMARY KEY, title TEXT, sponsor TEXT, stated INTEGER, counted INTEGER, states INTEGER, lacks INTEGER,
  pages INTEGER, share REAL, violations INTEGER DEFAULT 0, warnings INTEGER DEFAULT 0, infos INTEGER DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE sponsor (iri TEXT PRIMARY KEY, name TEXT, trials INTEGER, share REAL, violations INTEGER, clean INTEGER,
  folded TEXT);
"""
_SUMS = """
CREATE INDEX finding_rule ON finding (rule, trial);
CREATE INDEX finding_trial ON finding (trial, rule);
INSERT OR IGNORE INTO trial (id, title, sponsor, stated, counted, states, lacks, pages)
  SELECT DISTINCT trial, '', '', 0, 0, 0, 0, 0 FROM finding WHERE trial != '';
UPDATE trial SET (violations, warnings, infos) = (found.violations, found.warnings, found.infos) FROM (
  SELECT trial, sum(severity = 0) AS violations, sum(severity = 1) AS warnings, sum(severity = 2) AS infos
  FROM finding GROUP BY trial
) AS found WHERE trial.id = found.trial;
CREATE INDEX trial_sponsor ON trial (sponsor, share);
CREATE INDEX trial_share ON trial (share, id);
CREATE INDEX trial_violations ON trial (violations, id);
INSERT INTO sponsor SELECT sponsor, sponsor, count(*), avg(share), sum(violations),
  sum(violations + warnings + infos = 0), '' FROM trial GROUP BY sponsor;
CREATE TABLE broken AS SELECT rule, count(DISTINCT nullif(trial, '')) AS trials, count(*) AS findings
  FROM finding GROUP BY rule;
"""


def form() -> str:
    """What the file depends on beside the store: its own form, and the rules and items in shapes/."""
    digest = blake2b(str(_FORM).encode(), digest_size=12)
    for file in sorted(resources.folder("shapes").iterdir()):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def make(path: str, file: str, tell: Tell) -> None:
    """Judge and score all trials of a store as of today, and write the file."""
    store, applied = opened(path), rules([PROFILE], datetime.date.today())
    with closing(sqlite3.connect(file)) as database:
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;" + _TABLES)
        _write_rules(database, applied)
        job = Job(applied)
        _write_findings(database, across(store, applied))
        judged = 0
        for done in of_store(store, job, 1, lambda _, done, total: tell(done, total or 0)):
            judged += len(done.trials)
            _write_findings(database, done.findings)
        summary = scores.Summary()
        _write_trials(database, store, _counted(scores.of_store(store, applied.as_of.isoformat()), summary))
        database.executescript(_SUMS)
        names = ((clean(name), clean(name).casefold(), iri[1:-1]) for iri, name in scores.sponsor_names(store).items())
        database.executemany("UPDATE sponsor SET name = ?, folded = ? WHERE iri = ?", names)
        rows = ((each.number, each.name, summary.stated[each.number], summary.counted[each.number]) for each in items())
        database.executemany("INSERT INTO item VALUES (?, ?, ?, ?)", rows)
        facts = {"as_of": applied.as_of.isoformat(), "profile": PROFILE, "judged": str(judged)}
        database.executemany("INSERT INTO fact VALUES (?, ?)", facts.items())
        database.commit()


def items() -> tuple[scores.Item, ...]:
    """The items of the data set that a graph can state at all."""
    return tuple(each for each in scores.items() if each.states)


def _write_rules(database: sqlite3.Connection, applied: Rules) -> None:
    rows = (
        (each.shape, each.id, each.name, each.severity, each.message, each.source, place)
        for place, each in enumerate(applied.table)
    )
    database.executemany("INSERT INTO rule VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _write_findings(database: sqlite3.Connection, findings: Iterable[Finding]) -> None:
    rows = (
        (each.rule, each.trial, each.shape, SEVERITIES.index(each.severity), each.focus, each.path, _short(each.value))
        for each in findings
    )
    database.executemany("INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _write_trials(database: sqlite3.Connection, store: pyoxigraph.Store, scored: Iterable[Score]) -> None:
    rows = (
        (
            *(score.id, text(store, node(score.trial), _TITLE), score.sponsor.strip("<>"), len(score.stated)),
            *(score.counted, _bits(score.stated), _bits(score.missing), score.pages),
            None if score.pages or score.completeness is None else float(score.completeness),
        )
        for score in scored
    )
    columns = "id, title, sponsor, stated, counted, states, lacks, pages, share"
    database.executemany(f"INSERT OR IGNORE INTO trial ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _counted(scored: Iterable[Score], summary: scores.Summary) -> Iterator[Score]:
    for score in scored:
        summary.add(score)
        yield score


def _bits(numbers: Iterable[int]) -> int:
    """Item numbers as bits, so that a trial's items are one column."""
    return sum(1 << number for number in numbers)


def _short(value: str) -> str:
    text = clean(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
