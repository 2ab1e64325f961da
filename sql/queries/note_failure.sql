-- Remembers a run of a job of the refresher that failed.
-- $1 text: job  $2 bigint: now  $3 text: why
INSERT INTO maintenance (job, took_ms, did, failed_at, error) VALUES ($1, 0, 0, $2, $3)
ON CONFLICT (job) DO UPDATE SET failed_at = excluded.failed_at, error = excluded.error
