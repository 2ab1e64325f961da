-- Whether the original keeps what its monitor found in the form of its version 6; older ones, and a mere seed, do not.
SELECT count(*) = 7
FROM pg_attribute
WHERE NOT attisdropped AND (attrelid = to_regclass('metadata') AND attname IN ('id', 'type', 'data')
  OR attrelid = to_regclass('relay_metadata') AND attname IN ('relay_url', 'generated_at', 'metadata_type', 'metadata_id'))
