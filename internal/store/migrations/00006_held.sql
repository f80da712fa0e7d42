-- Whether due is the end of a worker's lease: where there can be no other
-- worker, what a killed one held is due at once when the next one starts.

-- +goose Up
ALTER TABLE notices ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subscribers ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
CREATE INDEX notices_held ON notices (id) WHERE held = 1;
CREATE INDEX subscribers_held ON subscribers (id) WHERE held = 1;

-- +goose Down
DROP INDEX subscribers_held;
DROP INDEX notices_held;
ALTER TABLE subscribers DROP COLUMN held;
ALTER TABLE notices DROP COLUMN held;
