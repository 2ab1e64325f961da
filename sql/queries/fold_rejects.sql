-- Adds up, by relay, job and reason, what turns refused that began before a time: the newest of these turns keeps the sum.
-- $1 bigint: before  $2 integer: at most so many sums
WITH old AS MATERIALIZED (
  SELECT relay_no, job, reason, max(started_at) AS last, sum(events) AS events
  FROM relay_reject WHERE started_at < $1::bigint
  GROUP BY relay_no, job, reason HAVING count(*) > 1
  LIMIT $2::integer
), gone AS (
  DELETE FROM relay_reject r USING old
  WHERE r.relay_no = old.relay_no AND r.job = old.job AND r.reason = old.reason AND r.started_at < old.last
)
UPDATE relay_reject r SET events = least(old.events, 9223372036854775807)::bigint
FROM old WHERE r.relay_no = old.relay_no AND r.job = old.job AND r.reason = old.reason AND r.started_at = old.last
