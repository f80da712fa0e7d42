-- The schema of both engines: for PostgreSQL, migrate.go reads BLOB as BYTEA
-- and drops WITHOUT ROWID. Instants are milliseconds since 1970 in UTC, ticks
-- are outcry.Tick.

-- +goose Up

-- A stream is one service × kind. Tallies name it by number, which makes a row
-- a third of what it would be with the words.
CREATE TABLE streams (
    id      BIGINT  NOT NULL PRIMARY KEY,
    service TEXT    NOT NULL,
    kind    INTEGER NOT NULL,
    UNIQUE (service, kind)
);

-- The counts of ten seconds, as one partition's counter had them. No row: no
-- signals. Clustered by stream, since a chart reads one for a day and the judge
-- reads a few ticks of each.
CREATE TABLE tallies (
    stream   BIGINT NOT NULL,
    tick     BIGINT NOT NULL,
    part     BIGINT NOT NULL,
    total    BIGINT NOT NULL,
    bad      BIGINT NOT NULL,
    unsure   BIGINT NOT NULL,
    persons  BIGINT NOT NULL,
    fresh    BIGINT NOT NULL,
    networks BIGINT NOT NULL,
    strange  BIGINT NOT NULL,
    cells    BLOB,
    PRIMARY KEY (stream, tick, part)
) WITHOUT ROWID;

-- What Retain made of them: the sum of `width` ticks from `tick` on, over all
-- partitions. A signal is counted in exactly one of tallies and rollups.
CREATE TABLE rollups (
    stream   BIGINT NOT NULL,
    width    BIGINT NOT NULL,
    tick     BIGINT NOT NULL,
    total    BIGINT NOT NULL,
    bad      BIGINT NOT NULL,
    unsure   BIGINT NOT NULL,
    persons  BIGINT NOT NULL,
    fresh    BIGINT NOT NULL,
    networks BIGINT NOT NULL,
    strange  BIGINT NOT NULL,
    cells    BLOB,
    PRIMARY KEY (stream, width, tick)
) WITHOUT ROWID;

-- How far each partition of the bus is counted.
CREATE TABLE positions (
    part     BIGINT NOT NULL PRIMARY KEY,
    seq      BIGINT NOT NULL,
    complete BIGINT NOT NULL
);

-- One row: the last tick that was judged and applied, and the tick that the
-- judge's saved memory (judge_memory) stands at.
CREATE TABLE judge (
    id       INTEGER NOT NULL PRIMARY KEY,
    tick     BIGINT  NOT NULL,
    snapshot BIGINT  NOT NULL
);
INSERT INTO judge (id, tick, snapshot) VALUES (1, 0, 0);

CREATE TABLE judge_memory (
    name TEXT NOT NULL PRIMARY KEY,
    data BLOB NOT NULL
);

-- doc is outcry.Incident in JSON; the columns beside it are what queries need.
-- began never changes, so that pages of a list keep their order.
CREATE TABLE incidents (
    id      TEXT    NOT NULL PRIMARY KEY,
    version BIGINT  NOT NULL,
    is_open INTEGER NOT NULL,
    public  INTEGER NOT NULL,
    began   BIGINT  NOT NULL,
    closed  BIGINT  NOT NULL,
    doc     TEXT    NOT NULL
);
CREATE INDEX incidents_began ON incidents (began, id);
CREATE INDEX incidents_open ON incidents (began, id) WHERE is_open = 1;

CREATE TABLE incident_services (
    service  TEXT NOT NULL,
    incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    PRIMARY KEY (service, incident)
) WITHOUT ROWID;
CREATE INDEX incident_services_incident ON incident_services (incident);

-- due is when the notice may be taken by a worker: its next attempt, or the end
-- of the lease of the worker that has it; NULL once delivered or given up.
CREATE TABLE notices (
    id       TEXT   NOT NULL PRIMARY KEY,
    created  BIGINT NOT NULL,
    due      BIGINT,
    attempts BIGINT NOT NULL,
    doc      TEXT   NOT NULL
);
CREATE INDEX notices_due ON notices (due, id) WHERE due IS NOT NULL;
CREATE INDEX notices_done ON notices (created) WHERE due IS NULL;

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    data BLOB NOT NULL
);

-- Keys of the pseudonyms. seen is when Retain first met it, 0 before.
CREATE TABLE salts (
    period TEXT   NOT NULL PRIMARY KEY,
    salt   BLOB   NOT NULL,
    seen   BIGINT NOT NULL
);
