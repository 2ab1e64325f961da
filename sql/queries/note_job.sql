-- Remembers a run of a job of the refresher that ended well.
-- $1 text: job  $2 bigint: now  $3 bigint: milliseconds  $4 bigint: rows
INSERT INTO maintenance (job, succeeded_at, took_ms, did) VALUES ($1, $2, $3, $4)
ON CONFLICT (job) DO UPDATE SET succeeded_at = excluded.succeeded_at, took_ms = excluded.took_ms, did = excluded.did
