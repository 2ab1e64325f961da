-- What readers look at beside events, made up: relays (furnish.relays of them), ten candidates each, 90 days of checks six
-- times a day, documents, coverage, deletions. Times end now.
INSERT INTO relay (url, network, token, accepted_at)
SELECT 'wss://furnished' || i || '.example.com', CASE WHEN i % 20 = 0 THEN 'tor' ELSE 'clearnet' END, 'furnished' || i || '_example_com',
       extract(epoch FROM now())::bigint - i * 3600
FROM generate_series(1, current_setting('furnish.relays')::integer) AS i
ON CONFLICT DO NOTHING;

INSERT INTO candidate (url, network, found_at, tries, tried_at, reason, next_try_at)
SELECT 'wss://candidate' || i || '.example.com', 'clearnet', extract(epoch FROM now())::bigint - i, 3, extract(epoch FROM now())::bigint - i,
       (ARRAY['timeout', 'refused', 'dns', 'tls'])[1 + i % 4], extract(epoch FROM now())::bigint + i
FROM generate_series(1, 10 * current_setting('furnish.relays')::integer) AS i
ON CONFLICT DO NOTHING;
INSERT INTO candidate_source (candidate_no, source, found_at) SELECT candidate_no, 'hint', found_at FROM candidate ON CONFLICT DO NOTHING;
INSERT INTO candidate_source (candidate_no, source, found_at) SELECT candidate_no, 'nip65', found_at FROM candidate ON CONFLICT DO NOTHING;

INSERT INTO relay_state (relay_no, vantage, state, state_since, failures, checked_at, next_check_at)
SELECT relay_no, 'main', CASE WHEN relay_no % 3 = 0 THEN 'down' ELSE 'up' END, (n.now - 86400) / 14400 * 14400, relay_no % 3, n.now / 14400 * 14400, n.now + 14400
FROM relay, (SELECT extract(epoch FROM now())::bigint AS now) AS n
ON CONFLICT DO NOTHING;
INSERT INTO relay_check (relay_no, vantage, checked_at, check_name, ok, rtt_ms)
SELECT relay_no, 'main', n.now / 14400 * 14400 - round * 14400, name, relay_no % 3 > 0, 20 + relay_no % 300
FROM relay, (SELECT extract(epoch FROM now())::bigint AS now) AS n, generate_series(0, 539) AS round, unnest(ARRAY['open', 'read', 'nip11']) AS name
ON CONFLICT DO NOTHING;
INSERT INTO relay_transition (relay_no, vantage, at, state, failing, seen_at, seen_until)
SELECT relay_no, 'main', n.now - day * 86400, CASE WHEN (relay_no + day) % 3 = 0 THEN 'down' ELSE 'up' END, (relay_no + day) % 3 = 0,
       n.now - (day - 1) * 86400, n.now - (day - 1) * 86400
FROM relay, (SELECT extract(epoch FROM now())::bigint AS now) AS n, generate_series(1, 90) AS day
ON CONFLICT DO NOTHING;
INSERT INTO document (sha256, body)
SELECT sha256(convert_to(text, 'UTF8')), convert_to(text, 'UTF8')
FROM (SELECT jsonb_build_object('name', url, 'version', version, 'software', 'git+https://example.com/relay' || relay_no % 40,
        'pubkey', encode(sha256(convert_to(url, 'UTF8')), 'hex'), 'supported_nips', ARRAY[1, 11, 40 + relay_no % 20])::text AS text
      FROM relay, generate_series(1, 5) AS version) AS d
ON CONFLICT DO NOTHING;
INSERT INTO relay_document (relay_no, vantage, type, first_seen, last_seen, document_no)
SELECT r.relay_no, 'main', 'nip11', n.now - (6 - version) * 864000, n.now - (5 - version) * 864000 - 1, d.document_no
FROM document d, LATERAL (SELECT convert_from(d.body, 'UTF8')::jsonb AS says) AS b, relay r, LATERAL (SELECT (says ->> 'version')::integer AS version) AS v,
     (SELECT extract(epoch FROM now())::bigint AS now) AS n
WHERE r.url = says ->> 'name'
ON CONFLICT DO NOTHING;
INSERT INTO relay_reject (relay_no, job, started_at, reason, events)
SELECT relay_no, 'sync', extract(epoch FROM now())::bigint - turn * 21600, reason, 1 + relay_no % 50
FROM relay, generate_series(1, 360) AS turn, unnest(ARRAY['bad_signature', 'bad_json']) AS reason WHERE relay_no % 10 = 0
ON CONFLICT DO NOTHING;
INSERT INTO filter (sha256, filter) VALUES (sha256('{}'), '{}') ON CONFLICT DO NOTHING;
INSERT INTO coverage (relay_no, filter_no, proof, walked_on, intervals)
SELECT relay_no, filter_no, 1, current_date - day, int8multirange(int8range(1640995200 + day * 1000000, 1640995200 + day * 1000000 + 990000))
FROM relay, filter, generate_series(0, 89) AS day WHERE filter = '{}'
ON CONFLICT DO NOTHING;

INSERT INTO deletion (id, pubkey) SELECT id, pubkey FROM event WHERE event_no % 100 = 0 ON CONFLICT DO NOTHING;
INSERT INTO address_deletion (pubkey, kind, d_hash, deleted_at)
SELECT pubkey, kind, coalesce(d_hash, 0), max(created_at) FROM event WHERE event_no % 1000 = 1 AND kind_class(kind) IN ('replaceable', 'addressable')
GROUP BY 1, 2, 3 ON CONFLICT DO NOTHING;
INSERT INTO tombstone (target, cause, until, entered_at, erased_at)
SELECT sha256(convert_to(i::text, 'UTF8')), 'erased', 9223372036854775807, 0, 0 FROM generate_series(1, 50 * current_setting('furnish.relays')::integer) AS i
ON CONFLICT DO NOTHING;
