-- What the original's monitor kept of relays after a moment, in the order of relays and time; of what is not imported only
-- the type, and no envelope either when it is too long.
-- $1 text: URL  $2 bigint: generated at  $3 text: type  $4 integer: at most so many  $5 integer: longest envelope in bytes
SELECT h.relay_url::text, h.generated_at::bigint, h.metadata_type::text,
  CASE WHEN octet_length(m.data::text) <= $5::integer THEN m.data::text END
FROM (SELECT relay_url, generated_at, metadata_type, metadata_id FROM relay_metadata
      WHERE (relay_url, generated_at, metadata_type) > ($1::text, $2::bigint, $3::text)
      ORDER BY relay_url, generated_at, metadata_type LIMIT $4::integer) AS h
LEFT JOIN metadata m ON m.id = h.metadata_id AND m.type = h.metadata_type AND h.metadata_type IN ('nip11_info', 'nip66_rtt')
ORDER BY h.relay_url, h.generated_at, h.metadata_type
