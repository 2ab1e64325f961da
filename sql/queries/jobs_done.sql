-- The last runs of each job of the refresher.
SELECT job, succeeded_at, took_ms, did, failed_at, coalesce(error, '') FROM maintenance ORDER BY job
