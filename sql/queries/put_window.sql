-- Puts the counts of a window.
-- $1 text: name  $2 integer: seconds  $3 bigint: events  $4 bigint: authors  $5 bigint: now
INSERT INTO window_count (window_name, seconds, events, authors, counted_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (window_name) DO UPDATE SET seconds = excluded.seconds, events = excluded.events, authors = excluded.authors,
  counted_at = excluded.counted_at
