-- +goose Up

-- Networks that were heard for the first time in the hour: see Tally.Hourly.
ALTER TABLE tallies ADD COLUMN hourly BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rollups ADD COLUMN hourly BIGINT NOT NULL DEFAULT 0;
