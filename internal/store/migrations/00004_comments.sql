-- +goose Up

-- What people wrote with their reports. at and decided are milliseconds since
-- 1970; decided is 0 and decider empty while nobody has read it.
CREATE TABLE comments (
    id      TEXT   NOT NULL PRIMARY KEY,
    service TEXT   NOT NULL,
    symptom TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    state   TEXT   NOT NULL,
    decided BIGINT NOT NULL,
    decider TEXT   NOT NULL,
    body    TEXT   NOT NULL
);
CREATE INDEX comments_at ON comments (at, id);
CREATE INDEX comments_service ON comments (service, state, at);
