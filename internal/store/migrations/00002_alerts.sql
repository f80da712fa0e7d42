-- +goose Up

-- Alerts of other systems that are firing. name is the integration and the
-- alert's own key; since and seen are milliseconds since 1970.
CREATE TABLE alerts (
    name    TEXT   NOT NULL PRIMARY KEY,
    service TEXT   NOT NULL,
    symptom TEXT   NOT NULL,
    since   BIGINT NOT NULL,
    seen    BIGINT NOT NULL
);
