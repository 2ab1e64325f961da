-- +goose Up
-- Policy: what is hidden when it is read, and what is removed and may not come back. Hidden is what its author deleted
-- (NIP-09) or let expire (NIP-40), and what only its author may spread (NIP-70). Removed is what an author asked to vanish
-- (NIP-62) and what an operator takes down. Deletions are kept by what they name, not by whether it is here: they may come
-- before it.

-- Who may do more than read: a researcher sees what is hidden, the eraser removes. Neither is a service that writes.
-- +goose StatementBegin
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['bigbrotr_researcher', 'bigbrotr_eraser'] LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = name); -- an owner need not be able to make roles
    BEGIN
      EXECUTE format('CREATE ROLE %I LOGIN', name);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END LOOP;
END
$$;
-- +goose StatementEnd

-- tag_hash is the hash of a tag in event.tag_hashes, and of a d tag in event.d_hash.
CREATE FUNCTION tag_hash(letter text, value text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('x' || encode(substr(sha256(convert_to(letter || value, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint;
COMMENT ON FUNCTION tag_hash IS 'First 8 bytes of sha256(letter || value), as event.tag_hashes holds them.';

-- What light mode leaves out is null.
ALTER TABLE event
  ALTER COLUMN tags DROP NOT NULL,
  ALTER COLUMN content DROP NOT NULL,
  ALTER COLUMN sig DROP NOT NULL,
  ADD COLUMN d_hash     bigint,
  ADD COLUMN expires_at bigint,
  ADD COLUMN protected  boolean;
COMMENT ON COLUMN event.tags IS 'Tags as JSON text that jsonb accepts; null = archived in light mode.';
COMMENT ON COLUMN event.content IS 'Content, unescaped; what Postgres text cannot hold is U+FFFD here; null = archived in light mode.';
COMMENT ON COLUMN event.sig IS 'NIP-01 sig, 64 bytes; null = archived in light mode.';
COMMENT ON COLUMN event.d_hash IS 'Of addressable events: tag_hash of the first d tag, of the empty value without one. Null for all others.';
COMMENT ON COLUMN event.expires_at IS 'NIP-40 expiration; null = never.';
COMMENT ON COLUMN event.protected IS 'True for NIP-70 events; null for all others.';

CREATE TABLE deletion (
  id     bytea NOT NULL CHECK (octet_length(id) = 32),
  pubkey bytea NOT NULL CHECK (octet_length(pubkey) = 32),
  PRIMARY KEY (id, pubkey)
);
COMMENT ON TABLE deletion IS 'Events that somebody asked to delete by id (NIP-09). It counts only for an event of the same author.';
COMMENT ON COLUMN deletion.id IS 'The event that is named.';
COMMENT ON COLUMN deletion.pubkey IS 'The author of the deletion.';

CREATE TABLE address_deletion (
  pubkey  bytea NOT NULL CHECK (octet_length(pubkey) = 32),
  kind    integer NOT NULL,
  d_hash  bigint NOT NULL,
  deleted_at bigint NOT NULL,
  PRIMARY KEY (pubkey, kind, d_hash)
);
COMMENT ON TABLE address_deletion IS 'Addresses that their author asked to delete (NIP-09): every version up to the deletion''s created_at.';
COMMENT ON COLUMN address_deletion.pubkey IS 'The author, of the address and of the deletion.';
COMMENT ON COLUMN address_deletion.kind IS 'Kind of the address.';
COMMENT ON COLUMN address_deletion.d_hash IS 'tag_hash of its d tag; 0 for replaceable kinds, which have none.';
COMMENT ON COLUMN address_deletion.deleted_at IS 'created_at of the newest deletion that names it.';

CREATE TABLE tombstone (
  target     bytea NOT NULL CHECK (octet_length(target) = 32),
  cause      text COLLATE "C" NOT NULL CHECK (cause IN ('event', 'author', 'vanish', 'erased')),
  until      bigint NOT NULL,
  entered_at bigint NOT NULL,
  erased_at  bigint,
  PRIMARY KEY (target, cause)
);
CREATE INDEX tombstone_due ON tombstone (entered_at) WHERE erased_at IS NULL;
COMMENT ON TABLE tombstone IS 'What was removed and may not come back, whatever brings it.';
COMMENT ON COLUMN tombstone.target IS 'An event''s id, or an author for the causes author and vanish.';
COMMENT ON COLUMN tombstone.cause IS 'event and author: an operator took it down. vanish: the author asked for it (NIP-62). erased: an event that one of these removed or kept out.';
COMMENT ON COLUMN tombstone.until IS 'Newest created_at that it reaches.';
COMMENT ON COLUMN tombstone.entered_at IS 'When it was entered; from then on it hides and blocks.';
COMMENT ON COLUMN tombstone.erased_at IS 'When everything it reaches had been removed; null = that is due.';

CREATE TABLE takedown (
  takedown_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  target      bytea NOT NULL CHECK (octet_length(target) = 32),
  cause       text COLLATE "C" NOT NULL CHECK (cause IN ('event', 'author')),
  reason      text NOT NULL CHECK (octet_length(reason) BETWEEN 1 AND 1000),
  entered_by  text NOT NULL CHECK (octet_length(entered_by) BETWEEN 1 AND 200),
  entered_at  bigint NOT NULL
);
COMMENT ON TABLE takedown IS 'Who took down what, when and why: a record that is only ever added to.';
COMMENT ON COLUMN takedown.takedown_no IS 'Number of the act.';
COMMENT ON COLUMN takedown.target IS 'The event''s id or the author.';
COMMENT ON COLUMN takedown.cause IS 'event or author, as in tombstone.';
COMMENT ON COLUMN takedown.reason IS 'Why, in the words of whoever did it.';
COMMENT ON COLUMN takedown.entered_by IS 'Who did it.';
COMMENT ON COLUMN takedown.entered_at IS 'When.';

-- What is archived already: its columns from its tags, and what its deletions name.
UPDATE event SET d_hash = tag_hash('d', coalesce((
    SELECT t.tag ->> 1 FROM jsonb_array_elements(tags::jsonb) WITH ORDINALITY AS t (tag, place)
    WHERE t.tag ->> 0 = 'd' ORDER BY t.place LIMIT 1), ''))
WHERE kind BETWEEN 30000 AND 39999;
UPDATE event SET expires_at = t.at
FROM (SELECT e.event_no, min((t.tag ->> 1)::numeric)::bigint AS at
      FROM event e CROSS JOIN LATERAL jsonb_array_elements(e.tags::jsonb) AS t (tag)
      WHERE e.tags LIKE '%"expiration"%' AND t.tag ->> 0 = 'expiration' AND t.tag ->> 1 ~ '^[0-9]{1,18}$'
      GROUP BY e.event_no) AS t
WHERE t.event_no = event.event_no;
UPDATE event SET protected = true
WHERE tags LIKE '%["-"%' AND EXISTS (SELECT FROM jsonb_array_elements(tags::jsonb) AS t (tag) WHERE t.tag ->> 0 = '-');
INSERT INTO deletion (id, pubkey)
SELECT decode(t.tag ->> 1, 'hex'), e.pubkey
FROM event e CROSS JOIN LATERAL jsonb_array_elements(e.tags::jsonb) AS t (tag)
WHERE e.kind = 5 AND t.tag ->> 0 = 'e' AND t.tag ->> 1 ~ '^[0-9a-f]{64}$'
ON CONFLICT DO NOTHING;
INSERT INTO address_deletion (pubkey, kind, d_hash, deleted_at)
SELECT e.pubkey, a.part[1]::integer, CASE WHEN a.part[1]::integer >= 30000 THEN tag_hash('d', a.part[3]) ELSE 0 END, max(e.created_at)
FROM event e CROSS JOIN LATERAL jsonb_array_elements(e.tags::jsonb) AS t (tag)
CROSS JOIN LATERAL regexp_match(t.tag ->> 1, '^(0|3|[13][0-9]{4}):([0-9a-f]{64}):(.*)$') AS a (part)
WHERE e.kind = 5 AND t.tag ->> 0 = 'a' AND a.part[2] = encode(e.pubkey, 'hex') AND (a.part[1]::integer >= 30000 OR a.part[3] = '')
GROUP BY 1, 2, 3
ON CONFLICT DO NOTHING;

-- events is what may be shown. events_all is everything that is not being removed, with the reason why it is hidden.
CREATE OR REPLACE VIEW events AS
  SELECT event_no, id, pubkey, created_at, kind, tags::jsonb AS tags, content, sig, raw, tag_hashes, expires_at
  FROM event e
  WHERE (expires_at IS NULL OR expires_at > extract(epoch FROM now())) AND protected IS NULL
    AND NOT EXISTS (SELECT FROM deletion d WHERE d.id = e.id AND d.pubkey = e.pubkey AND e.kind NOT IN (5, 62))
    AND NOT EXISTS (SELECT FROM address_deletion d WHERE d.pubkey = e.pubkey AND d.kind = e.kind
                    AND d.d_hash = coalesce(e.d_hash, 0) AND d.deleted_at >= e.created_at)
    AND NOT EXISTS (SELECT FROM tombstone t WHERE t.target = e.id AND t.cause = 'event' AND t.erased_at IS NULL)
    AND NOT EXISTS (SELECT FROM tombstone t WHERE t.target = e.pubkey AND t.erased_at IS NULL AND t.until >= e.created_at
                    AND (t.cause = 'author' OR t.cause = 'vanish' AND e.kind <> 62));
COMMENT ON VIEW events IS 'Events that may be shown, with their tags as jsonb: not deleted (NIP-09), expired (NIP-40), protected (NIP-70), vanished or taken down.';

CREATE VIEW events_all AS
  SELECT event_no, id, pubkey, created_at, kind, tags::jsonb AS tags, content, sig, raw, tag_hashes, expires_at,
         CASE WHEN protected THEN 'protected'
              WHEN expires_at <= extract(epoch FROM now()) THEN 'expired'
              WHEN kind NOT IN (5, 62) AND EXISTS (SELECT FROM deletion d WHERE d.id = e.id AND d.pubkey = e.pubkey) THEN 'deleted'
              WHEN EXISTS (SELECT FROM address_deletion d WHERE d.pubkey = e.pubkey AND d.kind = e.kind
                           AND d.d_hash = coalesce(e.d_hash, 0) AND d.deleted_at >= e.created_at) THEN 'deleted'
         END AS hidden
  FROM event e
  WHERE NOT EXISTS (SELECT FROM tombstone t WHERE t.target = e.id AND t.cause = 'event' AND t.erased_at IS NULL)
    AND NOT EXISTS (SELECT FROM tombstone t WHERE t.target = e.pubkey AND t.erased_at IS NULL AND t.until >= e.created_at
                    AND (t.cause = 'author' OR t.cause = 'vanish' AND e.kind <> 62));
COMMENT ON VIEW events_all IS 'Events with those that are hidden, and why: for bigbrotr_researcher.';

-- events_by_tag is inlined into the query that calls it, so that its rows can be ordered and limited cheaply.
CREATE FUNCTION events_by_tag(letter text, value text) RETURNS SETOF events
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100 AS $$
  SELECT e.* FROM events e
  WHERE e.tag_hashes @> ARRAY[tag_hash(letter, value)]
    AND (e.tags IS NULL OR EXISTS (SELECT FROM jsonb_array_elements(e.tags) AS t (tag) WHERE t.tag ->> 0 = letter AND t.tag ->> 1 = value))
$$;
COMMENT ON FUNCTION events_by_tag IS 'Events that may be shown and have a tag of this letter with this first value.';

GRANT USAGE ON SCHEMA public TO bigbrotr_researcher, bigbrotr_eraser;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO bigbrotr_researcher;
GRANT SELECT ON deletion, address_deletion, tombstone, takedown TO bigbrotr_writer, bigbrotr_reader;
GRANT INSERT ON deletion, tombstone TO bigbrotr_writer;
GRANT INSERT, UPDATE ON address_deletion TO bigbrotr_writer;
GRANT UPDATE (until, entered_at, erased_at) ON tombstone TO bigbrotr_writer;
GRANT SELECT, DELETE ON event, sighting, quarantine TO bigbrotr_eraser;
GRANT SELECT, INSERT, UPDATE ON tombstone TO bigbrotr_eraser;
GRANT SELECT, INSERT ON takedown TO bigbrotr_eraser;
GRANT SELECT ON relay TO bigbrotr_eraser;
