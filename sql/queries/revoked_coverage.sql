-- What revocations take from which rows of coverage: every proof of their relay and filter that was walked on their day
-- or before. A relay or filter that is not there has none.
-- $1 text[]: relay URLs  $2 bytea[]: SHA-256 of canonical filters  $3 date[]: days  $4 bigint[]: since  $5 bigint[]: until
SELECT c.relay_no, c.filter_no, c.proof, c.walked_on, i.since, i.until
FROM unnest($1::text[], $2::bytea[], $3::date[], $4::bigint[], $5::bigint[]) AS i (url, sha256, revoked_on, since, until)
JOIN relay r ON r.url = i.url
JOIN filter f ON f.sha256 = i.sha256
JOIN coverage c ON c.relay_no = r.relay_no AND c.filter_no = f.filter_no AND c.walked_on <= i.revoked_on
WHERE c.intervals && int8range(i.since, i.until, '[]')
