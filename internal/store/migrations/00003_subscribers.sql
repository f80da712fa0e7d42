-- +goose Up

-- Visitors' browsers that asked to be told of an incident. id is a hash of
-- service and address. seen is the instant of the last update that was put to
-- it, in milliseconds since 1970; ending says that its last word is due. due is
-- when a worker may take it, NULL while there is nothing to say. word is that
-- of subscribers_words.go in JSON, doc outcry.Subscriber.
CREATE TABLE subscribers (
    id       TEXT    NOT NULL PRIMARY KEY,
    service  TEXT    NOT NULL,
    incident TEXT    NOT NULL,
    updates  INTEGER NOT NULL,
    seen     BIGINT  NOT NULL,
    ending   INTEGER NOT NULL,
    expires  BIGINT  NOT NULL,
    due      BIGINT,
    attempts BIGINT  NOT NULL,
    word     TEXT    NOT NULL,
    doc      TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX subscribers_of ON subscribers (service, incident, updates, ending, seen);
CREATE INDEX subscribers_due ON subscribers (due, id) WHERE due IS NOT NULL;
CREATE INDEX subscribers_expiry ON subscribers (expires);
