-- +goose Up
-- A sighting is the row that decides the size of an archive: five for each event. Four bytes instead of eight for its
-- event make it 80 bytes with its indexes instead of 101. They number 2,147,483,647 events, ten times what the network
-- has; the migration that comes before then is the one that widens this column.
DROP VIEW sightings;
ALTER TABLE sighting ALTER COLUMN event_no TYPE integer;
COMMENT ON COLUMN sighting.event_no IS 'The event; its number in four bytes.';
CREATE VIEW sightings AS
  SELECT e.id, r.url AS relay, s.first_seen, s.last_seen, s.missing_since
  FROM sighting s JOIN event e USING (event_no) JOIN relay r USING (relay_no);
COMMENT ON VIEW sightings IS 'Which relay served which event, and when.';
GRANT SELECT ON sightings TO bigbrotr_writer, bigbrotr_reader;

-- The writer copies new events under numbers that it draws itself.
GRANT USAGE ON SEQUENCE event_event_no_seq TO bigbrotr_writer;

-- A fifth of a large table is too much to wait for. Rows of these are added and hardly ever changed: what vacuum does
-- here is to mark pages as visible to all and to empty the pending list of the tag index.
ALTER TABLE event SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_insert_threshold = 100000,
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 10000);
ALTER TABLE sighting SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_insert_threshold = 500000,
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 50000);
-- Few rows, changed all the time.
ALTER TABLE coverage SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE visit SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE relay_state SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
