-- +goose Up
-- Relays that do not want to be asked. The command line writes here first; the bus carries a copy that is put right from
-- here.

CREATE TABLE optout (
  pattern  text COLLATE "C" PRIMARY KEY CHECK (octet_length(pattern) BETWEEN 1 AND 2048),
  reason   text NOT NULL DEFAULT '' CHECK (octet_length(reason) <= 1000),
  added_at bigint NOT NULL
);
COMMENT ON TABLE optout IS 'Relays that opted out: never dialled, refused when they are found.';
COMMENT ON COLUMN optout.pattern IS 'A relay URL, a host, or a registrable domain with everything below it.';
COMMENT ON COLUMN optout.reason IS 'Why, in the words of whoever entered it.';
COMMENT ON COLUMN optout.added_at IS 'When it was entered, unix seconds.';

GRANT SELECT ON optout TO bigbrotr_writer, bigbrotr_reader;
GRANT INSERT, DELETE ON optout TO bigbrotr_writer;
