-- The stage that new events are copied to. It lives as long as its connection and is empty outside of a transaction;
-- its name changes with its columns, because behind a pooler an older build may have made one.
CREATE TEMPORARY TABLE IF NOT EXISTS stage_event_2 (
  id         bytea,
  pubkey     bytea,
  created_at bigint,
  kind       integer,
  tags       text COLLATE "C",
  content    text COLLATE "C",
  sig        bytea,
  raw        bytea,
  tag_hashes bigint[],
  d_hash     bigint,
  expires_at bigint,
  protected  boolean
) ON COMMIT DELETE ROWS
