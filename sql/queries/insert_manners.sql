-- Stores how relays answer, in key order, unless a later probe is there.
-- $1 integer[]: relays  $2 text[]: vantages  $3 bigint[]: probed at  $4 integer[]: caps  $5 text[]: orders
-- $6 boolean[]: until exclusive  $7 boolean[]: since exclusive  $8 boolean[]: ignores until  $9 boolean[]: ignores since
-- $10 boolean[]: negentropy  $11 boolean[]: hints  $12 boolean[]: counts  $13 boolean[]: hides  $14 text[]: auth
-- $15 integer[]: most subscriptions  $16 integer[]: most bytes of a message  $17 integer[]: limit of a page
INSERT INTO manners AS m (relay_no, vantage, probed_at, cap, answer_order, until_exclusive, since_exclusive,
                          ignores_until, ignores_since, negentropy, hints, counts, hides, auth, max_subscriptions, max_message,
                          page_limit)
SELECT i.*
FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::integer[], $5::text[], $6::boolean[], $7::boolean[],
            $8::boolean[], $9::boolean[], $10::boolean[], $11::boolean[], $12::boolean[], $13::boolean[], $14::text[],
            $15::integer[], $16::integer[], $17::integer[])
  AS i (relay_no, vantage, probed_at, cap, answer_order, until_exclusive, since_exclusive, ignores_until, ignores_since,
        negentropy, hints, counts, hides, auth, max_subscriptions, max_message, page_limit)
ORDER BY i.relay_no
ON CONFLICT (relay_no) DO UPDATE
SET vantage = excluded.vantage, probed_at = excluded.probed_at, cap = excluded.cap,
    answer_order = excluded.answer_order, until_exclusive = excluded.until_exclusive,
    since_exclusive = excluded.since_exclusive, ignores_until = excluded.ignores_until,
    ignores_since = excluded.ignores_since, negentropy = excluded.negentropy, hints = excluded.hints,
    counts = excluded.counts, hides = excluded.hides, auth = excluded.auth,
    max_subscriptions = excluded.max_subscriptions, max_message = excluded.max_message,
    page_limit = excluded.page_limit
WHERE m.probed_at < excluded.probed_at
