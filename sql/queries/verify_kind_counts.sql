-- Each count of a kind and day, with what is not folded yet, beside a recount of the events; all of one snapshot.
SELECT format('kind %s, day %s', kind, date '1970-01-01' + day), sum(counted)::bigint, sum(found)::bigint
FROM (
  SELECT kind, day, events AS counted, 0::bigint AS found FROM kind_count
  UNION ALL
  SELECT u.kind, u.day, d.sign, 0 FROM event_delta d, unnest(d.kinds, d.days) AS u (kind, day)
  UNION ALL
  SELECT kind, least(created_at / 86400, 49709)::integer, 0, count(*) FROM event GROUP BY 1, 2
) AS c
GROUP BY kind, day
