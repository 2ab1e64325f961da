-- +goose Up
-- How many relays serve each event and what one relay serves alone, counted and not drawn: block by block of 8,192 events,
-- from their sightings, after any of them was added or removed. The totals are the sums over the blocks, so counting
-- everything anew gives the same. Writers do nothing for it: the refresher, who folds what they left, notes the blocks.

CREATE TABLE replication_due (
  block  integer PRIMARY KEY,
  due_at bigint NOT NULL
);
CREATE INDEX replication_due_at ON replication_due (due_at, block);
COMMENT ON TABLE replication_due IS 'Blocks of events whose sightings changed since they were counted.';
COMMENT ON COLUMN replication_due.block IS 'event_no / 8192.';
COMMENT ON COLUMN replication_due.due_at IS 'When the first change was folded.';

CREATE TABLE replication_block (
  block   integer PRIMARY KEY,
  factors integer[] NOT NULL,
  events  integer[] NOT NULL,
  relays  integer[] NOT NULL,
  served  integer[] NOT NULL,
  alone   integer[] NOT NULL
);
COMMENT ON TABLE replication_block IS 'How many relays serve the events of a block, and which relay serves how many of them.';
COMMENT ON COLUMN replication_block.block IS 'event_no / 8192.';
COMMENT ON COLUMN replication_block.factors IS 'So many relays serve …';
COMMENT ON COLUMN replication_block.events IS '… so many events, in the same order.';
COMMENT ON COLUMN replication_block.relays IS 'These relays serve …';
COMMENT ON COLUMN replication_block.served IS '… so many events, in the same order …';
COMMENT ON COLUMN replication_block.alone IS '… and so many of these as no other relay does.';

DROP VIEW replication_factors;
DELETE FROM replication_count;
DELETE FROM relay_unique;
ALTER TABLE replication_count DROP COLUMN sampled, DROP COLUMN counted_at;
COMMENT ON TABLE replication_count IS 'How many relays serve an event.';
COMMENT ON COLUMN replication_count.events IS 'So many events.';
COMMENT ON TABLE relay_unique IS 'What only one relay serves.';
COMMENT ON COLUMN relay_unique.events IS 'Events that the relay serves.';
INSERT INTO replication_due (block, due_at)
SELECT block, 0 FROM generate_series(0, (SELECT max(event_no) / 8192 FROM event)) AS block;

CREATE VIEW replication_factors AS
  SELECT relays, events, events::float8 / sum(events) OVER () AS share,
         (SELECT m.succeeded_at FROM maintenance m WHERE m.job = 'replication') AS counted_at
  FROM replication_count WHERE events > 0;
COMMENT ON VIEW replication_factors IS 'How many events so many relays serve, and their share of all that any serves, as of counted_at.';
COMMENT ON VIEW relay_stats IS 'Each relay: its events, their distinct authors (estimated), the share that no other relay serves, when it was first and last seen to serve a new one, and the round-trip times of its last check.';

-- relay_spans looked the end of each span up, as often as a query named it: uptimes of 2,000 relays that changed daily took
-- longer than a reader may. The next row of the window is that end.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION relay_spans(until_time bigint)
RETURNS TABLE (relay_no integer, vantage text, state text, failing boolean, since bigint, until bigint)
LANGUAGE sql STABLE AS $$
  SELECT t.relay_no, t.vantage, t.state, t.failing, t.at,
         least(t.seen_until, until_time, lead(t.at) OVER (PARTITION BY t.relay_no, t.vantage ORDER BY t.at))
  FROM relay_transition t
  WHERE t.at < until_time
$$;
-- +goose StatementEnd

GRANT SELECT ON replication_due, replication_block, replication_factors TO bigbrotr_writer, bigbrotr_reader, bigbrotr_refresher;
GRANT INSERT, UPDATE, DELETE ON replication_due, replication_block TO bigbrotr_refresher;
-- What turns refused is kept per turn for as long as a turn may be reported again, and added up afterwards.
COMMENT ON TABLE relay_reject IS 'Events that were refused, per turn at a relay and reason, of older turns added up; turns without any have no row.';
COMMENT ON COLUMN relay_reject.started_at IS 'When the turn began; the newest of those that were added up.';
GRANT SELECT, UPDATE, DELETE ON relay_reject TO bigbrotr_refresher;
-- A researcher sees whatever a reader sees; some views came after the role.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO bigbrotr_researcher;
