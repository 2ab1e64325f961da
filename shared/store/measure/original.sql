-- The schema and the write path of the original, written anew from their description. Text has the collation of the
-- database there; a private cluster has "C" anyway, which flatters the original.
CREATE TABLE relay (
  url           text PRIMARY KEY,
  network       text NOT NULL,
  discovered_at bigint NOT NULL
);
CREATE FUNCTION tags_to_tagvalues(tags jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(array_agg((tag ->> 0) || ':' || (tag ->> 1)), '{}')
  FROM jsonb_array_elements(tags) AS tag
  WHERE length(tag ->> 0) = 1 AND tag ->> 1 IS NOT NULL
$$;
CREATE TABLE event (
  id         bytea PRIMARY KEY,
  pubkey     bytea NOT NULL,
  created_at bigint NOT NULL,
  kind       integer NOT NULL,
  tags       jsonb NOT NULL,
  tagvalues  text[] NOT NULL,
  content    text NOT NULL,
  sig        bytea NOT NULL
) PARTITION BY HASH (id);
DO $$
BEGIN
  FOR i IN 0 .. 15 LOOP
    EXECUTE format('CREATE TABLE event_p%s PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER %s)', i, i);
  END LOOP;
END
$$;
CREATE TABLE event_relay (
  event_id  bytea NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  relay_url text NOT NULL REFERENCES relay (url) ON DELETE CASCADE,
  seen_at   bigint NOT NULL,
  PRIMARY KEY (event_id, relay_url)
);
CREATE INDEX event_relay_relay_url_seen_at ON event_relay (relay_url, seen_at);
CREATE FUNCTION event_relay_insert_cascade(ids bytea[], pubkeys bytea[], created_ats bigint[], kinds integer[], tags jsonb[],
  contents text[], sigs bytea[], urls text[], networks text[], discovered_ats bigint[], seen_ats bigint[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  added integer;
BEGIN
  INSERT INTO relay (url, network, discovered_at)
  SELECT DISTINCT ON (i.url) i.url, i.network, i.discovered_at
  FROM unnest(urls, networks, discovered_ats) AS i (url, network, discovered_at)
  ON CONFLICT DO NOTHING;
  INSERT INTO event (id, pubkey, created_at, kind, tags, tagvalues, content, sig)
  SELECT DISTINCT ON (i.id) i.id, i.pubkey, i.created_at, i.kind, i.tags, tags_to_tagvalues(i.tags), i.content, i.sig
  FROM unnest(ids, pubkeys, created_ats, kinds, tags, contents, sigs) AS i (id, pubkey, created_at, kind, tags, content, sig)
  ON CONFLICT DO NOTHING;
  INSERT INTO event_relay (event_id, relay_url, seen_at)
  SELECT DISTINCT ON (i.id, i.url) i.id, i.url, i.seen_at FROM unnest(ids, urls, seen_ats) AS i (id, url, seen_at)
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS added = ROW_COUNT;
  RETURN added;
END
$$
