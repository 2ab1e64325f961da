-- +goose Up
-- The archive: relays and how they were found, events, who served them and when, checks,
-- coverage. Times are unix seconds, as Nostr has them. Text that a stranger chose is never a
-- key in a B-tree unless its length is bounded. Keys are numbers where a row repeats them.

-- Roles. The owner migrates; services write as bigbrotr_writer and read as bigbrotr_reader.
-- +goose StatementBegin
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['bigbrotr_writer', 'bigbrotr_reader'] LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = name); -- an owner need not be able to make roles
    BEGIN
      EXECUTE format('CREATE ROLE %I LOGIN', name);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END LOOP;
END
$$;
-- +goose StatementEnd
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

CREATE TABLE candidate (
  candidate_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  url          text COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(url) BETWEEN 6 AND 2048),
  network      text COLLATE "C" NOT NULL CHECK (network IN ('clearnet', 'tor', 'i2p', 'loki')),
  found_at     bigint NOT NULL,
  tries        integer NOT NULL DEFAULT 0,
  tried_at     bigint,
  reason       text COLLATE "C" CHECK (octet_length(reason) <= 64),
  next_try_at  bigint,
  given_up_at  bigint
);
COMMENT ON TABLE candidate IS 'Every relay URL that was ever found, proven or not, and how its validation went.';
COMMENT ON COLUMN candidate.candidate_no IS 'Number of the candidate, a key for smaller tables.';
COMMENT ON COLUMN candidate.url IS 'Canonical relay URL.';
COMMENT ON COLUMN candidate.network IS 'clearnet, tor, i2p or loki.';
COMMENT ON COLUMN candidate.found_at IS 'When it was found first.';
COMMENT ON COLUMN candidate.tries IS 'Validations tried since it was found, or found again after it was given up.';
COMMENT ON COLUMN candidate.tried_at IS 'When the last try was made; null = never.';
COMMENT ON COLUMN candidate.reason IS 'Why the last try failed, a bounded token; null = it did not fail.';
COMMENT ON COLUMN candidate.next_try_at IS 'When the next try is due; null = none is.';
COMMENT ON COLUMN candidate.given_up_at IS 'When validation was given up; null = it was not.';

CREATE TABLE candidate_source (
  candidate_no integer NOT NULL,
  source       text COLLATE "C" NOT NULL CHECK (octet_length(source) <= 64),
  found_at     bigint NOT NULL,
  PRIMARY KEY (candidate_no, source)
);
COMMENT ON TABLE candidate_source IS 'Where each candidate was found, once per source.';
COMMENT ON COLUMN candidate_source.candidate_no IS 'The candidate.';
COMMENT ON COLUMN candidate_source.source IS 'Name of the source: seed, people, list, nip65, hint, …';
COMMENT ON COLUMN candidate_source.found_at IS 'When this source named it first.';

CREATE TABLE relay (
  relay_no    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  url         text COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(url) BETWEEN 6 AND 2048),
  network     text COLLATE "C" NOT NULL CHECK (network IN ('clearnet', 'tor', 'i2p', 'loki')),
  token       text COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(token) <= 256),
  accepted_at bigint NOT NULL
);
COMMENT ON TABLE relay IS 'Relays: URLs that answered with a Nostr frame at least once.';
COMMENT ON COLUMN relay.relay_no IS 'Number of the relay, its key in every large table.';
COMMENT ON COLUMN relay.url IS 'Canonical relay URL.';
COMMENT ON COLUMN relay.network IS 'clearnet, tor, i2p or loki.';
COMMENT ON COLUMN relay.token IS 'The URL as one token of a NATS subject.';
COMMENT ON COLUMN relay.accepted_at IS 'When it was proven to be a relay.';

CREATE TABLE event (
  event_no   bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  id         bytea NOT NULL PRIMARY KEY CHECK (octet_length(id) = 32),
  pubkey     bytea NOT NULL CHECK (octet_length(pubkey) = 32),
  created_at bigint NOT NULL CHECK (created_at >= 0),
  kind       integer NOT NULL CHECK (kind BETWEEN 0 AND 65535),
  tags       text COLLATE "C" NOT NULL,
  content    text COLLATE "C" NOT NULL,
  sig        bytea NOT NULL CHECK (octet_length(sig) = 64),
  raw        bytea,
  tag_hashes bigint[] NOT NULL
);
-- +goose StatementBegin
DO $$
BEGIN
  ALTER TABLE event ALTER COLUMN tags SET COMPRESSION lz4, ALTER COLUMN content SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL; -- a build without lz4 keeps pglz
END
$$;
-- +goose StatementEnd
CREATE INDEX event_created_at ON event (created_at, id);
CREATE INDEX event_kind ON event (kind, created_at);
CREATE INDEX event_pubkey ON event (pubkey, created_at);
CREATE INDEX event_tag_hashes ON event USING gin (tag_hashes);
COMMENT ON TABLE event IS 'Every verified event, once.';
COMMENT ON COLUMN event.event_no IS 'Number of the event in the order of its arrival, its key in sighting.';
COMMENT ON COLUMN event.id IS 'NIP-01 id, 32 bytes.';
COMMENT ON COLUMN event.pubkey IS 'NIP-01 pubkey, 32 bytes.';
COMMENT ON COLUMN event.created_at IS 'NIP-01 created_at: what the author claims.';
COMMENT ON COLUMN event.kind IS 'NIP-01 kind.';
COMMENT ON COLUMN event.tags IS 'Tags as JSON text that jsonb accepts.';
COMMENT ON COLUMN event.content IS 'Content, unescaped; what Postgres text cannot hold is U+FFFD here.';
COMMENT ON COLUMN event.sig IS 'NIP-01 sig, 64 bytes.';
COMMENT ON COLUMN event.raw IS 'Tags and content byte for byte as the id hashes them, as [tags,content]; null when tags and content reproduce them.';
COMMENT ON COLUMN event.tag_hashes IS 'Single-letter tags: first 8 bytes of sha256(letter || value) as bigint, sorted. Recheck against tags.';

CREATE TABLE sighting (
  event_no   bigint NOT NULL,
  relay_no   integer NOT NULL,
  first_seen integer NOT NULL,
  last_seen  integer NOT NULL,
  PRIMARY KEY (event_no, relay_no)
);
COMMENT ON TABLE sighting IS 'This event was served by this relay.';
COMMENT ON COLUMN sighting.event_no IS 'The event.';
COMMENT ON COLUMN sighting.relay_no IS 'The relay.';
COMMENT ON COLUMN sighting.first_seen IS 'When the relay was first seen to serve it; never changes.';
COMMENT ON COLUMN sighting.last_seen IS 'When it was last seen; moves only when it is older than SIGHTING_REFRESH.';

CREATE TABLE filter (
  filter_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sha256    bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
  filter    text COLLATE "C" NOT NULL
);
COMMENT ON TABLE filter IS 'Filters under which relays are walked.';
COMMENT ON COLUMN filter.filter_no IS 'Number of the filter.';
COMMENT ON COLUMN filter.sha256 IS 'SHA-256 of the canonical filter.';
COMMENT ON COLUMN filter.filter IS 'Canonical JSON without since, until and limit; {} is everything.';

CREATE TABLE coverage (
  relay_no  integer NOT NULL,
  filter_no integer NOT NULL,
  proof     smallint NOT NULL CHECK (proof BETWEEN 1 AND 5),
  walked_on date NOT NULL,
  intervals int8multirange NOT NULL,
  PRIMARY KEY (relay_no, filter_no, proof, walked_on)
);
COMMENT ON TABLE coverage IS 'Proven intervals of created_at: every event of them that the relay serves is here.';
COMMENT ON COLUMN coverage.relay_no IS 'The relay.';
COMMENT ON COLUMN coverage.filter_no IS 'The filter it was asked with.';
COMMENT ON COLUMN coverage.proof IS '1 eose, 2 finish, 3 negentropy, 4 empty, 5 truncated (a known hole).';
COMMENT ON COLUMN coverage.walked_on IS 'Day (UTC) of the walk; the 24 hours before it are provisional.';
COMMENT ON COLUMN coverage.intervals IS 'Union of the intervals proven that day.';

CREATE TABLE page_part (
  page_id bytea NOT NULL CHECK (octet_length(page_id) = 16),
  part    integer NOT NULL,
  seen_at bigint NOT NULL,
  PRIMARY KEY (page_id, part)
);
COMMENT ON TABLE page_part IS 'Parts of pages too large for one message, until all have come.';
COMMENT ON COLUMN page_part.page_id IS 'The page.';
COMMENT ON COLUMN page_part.part IS 'Which part, from 0.';
COMMENT ON COLUMN page_part.seen_at IS 'When the page was seen; decides when the row may go.';

CREATE TABLE relay_state (
  relay_no      integer NOT NULL,
  vantage       text COLLATE "C" NOT NULL CHECK (octet_length(vantage) <= 64),
  state         text COLLATE "C" NOT NULL CHECK (state IN ('up', 'down', 'blocked', 'authonly', 'dead')),
  state_since   bigint NOT NULL,
  failures      integer NOT NULL,
  failing_since bigint,
  checked_at    bigint NOT NULL,
  next_check_at bigint,
  PRIMARY KEY (relay_no, vantage)
);
COMMENT ON TABLE relay_state IS 'The state of each relay as seen from each vantage, after its last check.';
COMMENT ON COLUMN relay_state.relay_no IS 'The relay.';
COMMENT ON COLUMN relay_state.vantage IS 'Where the checks were made from.';
COMMENT ON COLUMN relay_state.state IS 'up, down, blocked (blocked us), authonly, dead.';
COMMENT ON COLUMN relay_state.state_since IS 'Time of the check that brought this state.';
COMMENT ON COLUMN relay_state.failures IS 'Failed checks in a row.';
COMMENT ON COLUMN relay_state.failing_since IS 'Time of the first of them; null = the last check succeeded.';
COMMENT ON COLUMN relay_state.checked_at IS 'Time of the last check.';
COMMENT ON COLUMN relay_state.next_check_at IS 'When the next one is due.';

CREATE TABLE relay_check (
  relay_no   integer NOT NULL,
  vantage    text COLLATE "C" NOT NULL CHECK (octet_length(vantage) <= 64),
  checked_at bigint NOT NULL,
  check_name text COLLATE "C" NOT NULL CHECK (octet_length(check_name) <= 32),
  ok         boolean NOT NULL,
  rtt_ms     integer,
  reason     text COLLATE "C" CHECK (octet_length(reason) <= 64),
  text       text COLLATE "C" CHECK (octet_length(text) <= 1024),
  PRIMARY KEY (relay_no, vantage, checked_at, check_name)
) PARTITION BY RANGE (checked_at);
CREATE TABLE relay_check_other PARTITION OF relay_check DEFAULT;
COMMENT ON TABLE relay_check IS 'The outcome of every single check, partitioned by month.';
COMMENT ON COLUMN relay_check.relay_no IS 'The relay.';
COMMENT ON COLUMN relay_check.vantage IS 'Where the check was made from.';
COMMENT ON COLUMN relay_check.checked_at IS 'When the round of checks began.';
COMMENT ON COLUMN relay_check.check_name IS 'open, read, write, nip11, …';
COMMENT ON COLUMN relay_check.ok IS 'Whether it succeeded.';
COMMENT ON COLUMN relay_check.rtt_ms IS 'Round-trip time in milliseconds; null = not measured.';
COMMENT ON COLUMN relay_check.reason IS 'Why it failed, a bounded token.';
COMMENT ON COLUMN relay_check.text IS 'The relay''s own words, cut. Never trust them.';

CREATE TABLE document (
  document_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sha256      bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
  body        bytea NOT NULL
);
COMMENT ON TABLE document IS 'Documents that checks brought home, by content.';
COMMENT ON COLUMN document.document_no IS 'Number of the document.';
COMMENT ON COLUMN document.sha256 IS 'SHA-256 of the body.';
COMMENT ON COLUMN document.body IS 'The bytes as the relay sent them.';

CREATE TABLE relay_document (
  relay_no    integer NOT NULL,
  vantage     text COLLATE "C" NOT NULL CHECK (octet_length(vantage) <= 64),
  type        text COLLATE "C" NOT NULL CHECK (octet_length(type) <= 32),
  first_seen  bigint NOT NULL,
  last_seen   bigint NOT NULL,
  document_no bigint NOT NULL,
  PRIMARY KEY (relay_no, vantage, type, first_seen)
);
COMMENT ON TABLE relay_document IS 'History of each relay''s documents: a new row only when the document changed.';
COMMENT ON COLUMN relay_document.relay_no IS 'The relay.';
COMMENT ON COLUMN relay_document.vantage IS 'Where it was fetched from.';
COMMENT ON COLUMN relay_document.type IS 'nip11, …';
COMMENT ON COLUMN relay_document.first_seen IS 'When this version was first seen.';
COMMENT ON COLUMN relay_document.last_seen IS 'When it was last seen.';
COMMENT ON COLUMN relay_document.document_no IS 'The document.';

CREATE TABLE visit (
  relay_no     integer NOT NULL,
  job          text COLLATE "C" NOT NULL CHECK (octet_length(job) <= 32),
  vantage      text COLLATE "C" NOT NULL CHECK (octet_length(vantage) <= 64),
  started_at   bigint NOT NULL,
  ended_at     bigint NOT NULL,
  outcome      text COLLATE "C" NOT NULL CHECK (octet_length(outcome) <= 32),
  reason       text COLLATE "C" CHECK (octet_length(reason) <= 64),
  next_at      bigint,
  requests     integer NOT NULL,
  pages        integer NOT NULL,
  new_events   bigint NOT NULL,
  known_events bigint NOT NULL,
  bytes        bigint NOT NULL,
  rejected     jsonb NOT NULL,
  PRIMARY KEY (relay_no, job)
);
COMMENT ON TABLE visit IS 'The last turn of each job at each relay.';
COMMENT ON COLUMN visit.relay_no IS 'The relay.';
COMMENT ON COLUMN visit.job IS 'sync, …';
COMMENT ON COLUMN visit.vantage IS 'Where it was done from.';
COMMENT ON COLUMN visit.started_at IS 'When the turn began.';
COMMENT ON COLUMN visit.ended_at IS 'When it ended.';
COMMENT ON COLUMN visit.outcome IS 'done, paused, failed, refused.';
COMMENT ON COLUMN visit.reason IS 'Why it was not done, a bounded token.';
COMMENT ON COLUMN visit.next_at IS 'When the next turn is due.';
COMMENT ON COLUMN visit.requests IS 'Requests sent.';
COMMENT ON COLUMN visit.pages IS 'Pages that proved an interval.';
COMMENT ON COLUMN visit.new_events IS 'Events that were not in the archive yet.';
COMMENT ON COLUMN visit.known_events IS 'Events that were.';
COMMENT ON COLUMN visit.bytes IS 'Bytes of events received.';
COMMENT ON COLUMN visit.rejected IS 'Events refused, by reason.';

CREATE TABLE manners (
  relay_no        integer PRIMARY KEY,
  vantage         text COLLATE "C" NOT NULL CHECK (octet_length(vantage) <= 64),
  probed_at       bigint NOT NULL,
  cap             integer NOT NULL,
  answer_order    text COLLATE "C" NOT NULL CHECK (answer_order IN ('newest', 'oldest', 'none')),
  until_exclusive boolean NOT NULL,
  since_exclusive boolean NOT NULL,
  ignores_until   boolean NOT NULL,
  ignores_since   boolean NOT NULL
);
COMMENT ON TABLE manners IS 'How each relay answers, as probing taught.';
COMMENT ON COLUMN manners.relay_no IS 'The relay.';
COMMENT ON COLUMN manners.vantage IS 'Where it was probed from.';
COMMENT ON COLUMN manners.probed_at IS 'When it was probed.';
COMMENT ON COLUMN manners.cap IS 'Most events that one answer holds; 0 = unknown.';
COMMENT ON COLUMN manners.answer_order IS 'newest or oldest first, or none.';
COMMENT ON COLUMN manners.until_exclusive IS 'Whether until leaves out its own second.';
COMMENT ON COLUMN manners.since_exclusive IS 'Whether since leaves out its own second.';
COMMENT ON COLUMN manners.ignores_until IS 'Whether until is ignored.';
COMMENT ON COLUMN manners.ignores_since IS 'Whether since is ignored.';

CREATE TABLE quarantine (
  quarantine_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sha256        bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
  raw           bytea NOT NULL,
  reason        text COLLATE "C" NOT NULL CHECK (octet_length(reason) <= 256),
  relay         text COLLATE "C" CHECK (octet_length(relay) <= 2048),
  quarantined_at bigint NOT NULL
);
COMMENT ON TABLE quarantine IS 'What could not be stored, with its exact bytes.';
COMMENT ON COLUMN quarantine.quarantine_no IS 'Number of the row.';
COMMENT ON COLUMN quarantine.sha256 IS 'SHA-256 of raw: the same thing is kept once.';
COMMENT ON COLUMN quarantine.raw IS 'The bytes: an event as JSON, or a part of a batch as protobuf.';
COMMENT ON COLUMN quarantine.reason IS 'Why it was refused.';
COMMENT ON COLUMN quarantine.relay IS 'The relay that it came from.';
COMMENT ON COLUMN quarantine.quarantined_at IS 'When.';

-- Views with stable names, for people who write SQL.
CREATE VIEW relays AS
  SELECT r.relay_no, r.url, r.network, r.token, r.accepted_at, c.found_at,
         s.vantage, coalesce(s.state, 'never checked') AS state, s.state_since, s.checked_at, s.next_check_at
  FROM relay r
  LEFT JOIN candidate c ON c.url = r.url
  LEFT JOIN relay_state s USING (relay_no);
COMMENT ON VIEW relays IS 'Relays with their state, a row per vantage.';

CREATE VIEW events AS
  SELECT event_no, id, pubkey, created_at, kind, tags::jsonb AS tags, content, sig, raw FROM event;
COMMENT ON VIEW events IS 'Events with their tags as jsonb.';

CREATE VIEW sightings AS
  SELECT e.id, r.url AS relay, s.first_seen, s.last_seen
  FROM sighting s JOIN event e USING (event_no) JOIN relay r USING (relay_no);
COMMENT ON VIEW sightings IS 'Which relay served which event, and when.';

CREATE VIEW relay_checks AS
  SELECT r.url AS relay, c.vantage, c.checked_at, c.check_name, c.ok, c.rtt_ms, c.reason, c.text
  FROM relay_check c JOIN relay r USING (relay_no);
COMMENT ON VIEW relay_checks IS 'The outcome of every check.';

CREATE VIEW relay_coverage AS
  SELECT r.url AS relay, f.filter,
         coalesce(range_agg(c.intervals) FILTER (WHERE c.proof <> 5), '{}') AS covered,
         nullif(range_agg(c.intervals) FILTER (WHERE c.proof = 5)
           - coalesce(range_agg(c.intervals) FILTER (WHERE c.proof <> 5), '{}'), '{}') AS truncated
  FROM coverage c JOIN relay r USING (relay_no) JOIN filter f USING (filter_no)
  GROUP BY r.url, f.filter;
COMMENT ON VIEW relay_coverage IS 'What is proven of each relay, and what is known to be cut.';

-- make_check_partitions creates the monthly partitions of relay_check from this month on.
-- +goose StatementBegin
CREATE FUNCTION make_check_partitions(months integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  first date := date_trunc('month', now() AT TIME ZONE 'UTC')::date;
  month date;
  made integer := 0;
BEGIN
  FOR i IN 0 .. months LOOP
    month := (first + make_interval(months => i))::date;
    CONTINUE WHEN to_regclass(format('relay_check_%s', to_char(month, 'YYYYMM'))) IS NOT NULL;
    EXECUTE format('CREATE TABLE relay_check_%s PARTITION OF relay_check FOR VALUES FROM (%s) TO (%s)',
      to_char(month, 'YYYYMM'),
      extract(epoch FROM month::timestamp AT TIME ZONE 'UTC')::bigint,
      extract(epoch FROM (month + interval '1 month') AT TIME ZONE 'UTC')::bigint);
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION make_check_partitions IS 'Creates the partitions of relay_check for this month and so many more; returns how many were missing.';

GRANT USAGE ON SCHEMA public TO bigbrotr_writer, bigbrotr_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO bigbrotr_writer, bigbrotr_reader;
GRANT INSERT ON candidate, candidate_source, relay, event, sighting, filter, coverage, page_part,
  relay_state, relay_check, document, relay_document, visit, manners, quarantine TO bigbrotr_writer;
GRANT UPDATE ON candidate, sighting, coverage, relay_state, relay_document, visit, manners TO bigbrotr_writer;
GRANT DELETE ON page_part TO bigbrotr_writer;
