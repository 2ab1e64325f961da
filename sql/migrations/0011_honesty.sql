-- +goose Up
-- What each relay sent that was not archived, added up over all turns: how honest it is. A row per turn and reason makes it
-- the same however often and in whatever order the reports of turns come.
CREATE TABLE relay_reject (
  relay_no   integer NOT NULL,
  job        text COLLATE "C" NOT NULL CHECK (octet_length(job) <= 32),
  started_at bigint NOT NULL,
  reason     text COLLATE "C" NOT NULL CHECK (octet_length(reason) <= 64),
  events     bigint NOT NULL,
  PRIMARY KEY (relay_no, job, started_at, reason)
);
COMMENT ON TABLE relay_reject IS 'Events that were refused, per turn at a relay and reason; turns without any have no row.';
COMMENT ON COLUMN relay_reject.relay_no IS 'The relay.';
COMMENT ON COLUMN relay_reject.job IS 'sync, …';
COMMENT ON COLUMN relay_reject.started_at IS 'When the turn began.';
COMMENT ON COLUMN relay_reject.reason IS 'Why they were refused; ephemeral:<kind> counts events of a kind that is not kept.';
COMMENT ON COLUMN relay_reject.events IS 'How many.';

INSERT INTO relay_reject (relay_no, job, started_at, reason, events)
SELECT v.relay_no, v.job, v.started_at, r.key, r.value::bigint FROM visit v, jsonb_each_text(v.rejected) AS r;

CREATE VIEW relay_rejects AS
  SELECT r.url AS relay, j.reason,
         CASE WHEN j.reason IN ('bad_signature', 'id_mismatch') THEN 'forged'
              WHEN j.reason = 'too_large' THEN 'oversized'
              WHEN j.reason LIKE 'bad\_%' OR j.reason IN ('too_many_tags', 'not_nostr') THEN 'malformed'
              ELSE 'other' END AS class,
         sum(j.events)::bigint AS events, max(j.started_at) AS last_at
  FROM relay_reject j JOIN relay r USING (relay_no)
  GROUP BY r.url, j.reason;
COMMENT ON VIEW relay_rejects IS 'What each relay sent that was not archived, by reason: forged, malformed and oversized events say how honest it is.';

GRANT SELECT ON relay_reject, relay_rejects TO bigbrotr_writer, bigbrotr_reader, bigbrotr_researcher;
GRANT INSERT ON relay_reject TO bigbrotr_writer;
