-- Each count of an author, with what is not folded yet, beside a recount of the events; all of one snapshot.
SELECT format('author %s', encode(pubkey, 'hex')), sum(counted)::bigint, sum(found)::bigint
FROM (
  SELECT pubkey, events AS counted, 0::bigint AS found FROM author_count
  UNION ALL
  SELECT u.pubkey, d.sign, 0 FROM event_delta d, unnest(d.authors) AS u (pubkey)
  UNION ALL
  SELECT pubkey, 0, count(*) FROM event GROUP BY 1
) AS c
GROUP BY pubkey
