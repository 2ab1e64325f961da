-- +goose Up
-- What a monitor published about relays and about itself (NIP-66), to whom, and what came of it. Lost rows are published
-- again.

CREATE TABLE publication (
  pubkey       bytea NOT NULL CHECK (octet_length(pubkey) = 32),
  kind         integer NOT NULL CHECK (kind BETWEEN 0 AND 65535),
  relay_no     integer NOT NULL,
  target       text COLLATE "C" NOT NULL CHECK (octet_length(target) BETWEEN 6 AND 2048),
  event_id     bytea NOT NULL CHECK (octet_length(event_id) = 32),
  content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
  published_at bigint NOT NULL,
  accepted     boolean NOT NULL,
  reason       text COLLATE "C" CHECK (octet_length(reason) <= 64),
  PRIMARY KEY (pubkey, kind, relay_no, target)
);
COMMENT ON TABLE publication IS 'The last event that a monitor published, for each of its keys, kinds, subjects and publish relays.';
COMMENT ON COLUMN publication.pubkey IS 'Public key of the monitor, 32 bytes.';
COMMENT ON COLUMN publication.kind IS '30166 about a relay; 0, 10002, 10166 about the monitor itself.';
COMMENT ON COLUMN publication.relay_no IS 'The relay that the event is about; 0 = the monitor itself.';
COMMENT ON COLUMN publication.target IS 'URL of the relay that it was published to.';
COMMENT ON COLUMN publication.event_id IS 'NIP-01 id of the event, 32 bytes.';
COMMENT ON COLUMN publication.content_hash IS 'SHA-256 of what counts as a change: content and tags, without round-trip times.';
COMMENT ON COLUMN publication.published_at IS 'When the publish relay gave its verdict.';
COMMENT ON COLUMN publication.accepted IS 'Whether it took the event.';
COMMENT ON COLUMN publication.reason IS 'Why it did not, a bounded token.';

CREATE VIEW publications AS
  SELECT p.pubkey, p.kind, r.url AS relay, max(p.published_at) AS published_at,
         count(*) FILTER (WHERE p.accepted) AS accepted, count(*) FILTER (WHERE NOT p.accepted) AS refused
  FROM publication p LEFT JOIN relay r USING (relay_no)
  GROUP BY p.pubkey, p.kind, r.url;
COMMENT ON VIEW publications IS 'What was published about each relay (null = the monitor itself), and how many publish relays took it.';

GRANT SELECT ON publication, publications TO bigbrotr_writer, bigbrotr_reader;
GRANT INSERT, UPDATE ON publication TO bigbrotr_writer;
