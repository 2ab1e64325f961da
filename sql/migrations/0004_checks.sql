-- +goose Up
-- What a single check measured beside its round-trip time, and the documents of checks for people who write SQL. Columns
-- that are null cost a bit.

ALTER TABLE relay_check ADD COLUMN dns_ms integer, ADD COLUMN tcp_ms integer, ADD COLUMN tls_ms integer,
  ADD COLUMN upgrade_ms integer, ADD COLUMN value bigint;
COMMENT ON COLUMN relay_check.dns_ms IS 'Of check open: time until the name was resolved; null = it did not happen.';
COMMENT ON COLUMN relay_check.tcp_ms IS 'Of check open: time of the TCP connection, or of the way through a proxy.';
COMMENT ON COLUMN relay_check.tls_ms IS 'Of check open: time of the TLS handshake; null = there was none.';
COMMENT ON COLUMN relay_check.upgrade_ms IS 'Of check open: time of the upgrade to WebSocket.';
COMMENT ON COLUMN relay_check.value IS 'The one other number of a check that moves by itself: events (read), bits of work (write), bytes (nip11), seconds to live (dns), days left (tls).';
COMMENT ON COLUMN document.body IS 'The bytes: a document in our own form, or a relay''s own as it sent it.';
COMMENT ON COLUMN relay_document.type IS 'nip11 (the relay''s own), or the name of a check.';
COMMENT ON COLUMN sighting.first_seen IS 'When the relay was first seen to serve it; only an import may move it, back.';

CREATE OR REPLACE VIEW relay_checks AS
  SELECT r.url AS relay, c.vantage, c.checked_at, c.check_name, c.ok, c.rtt_ms, c.reason, c.text,
         c.dns_ms, c.tcp_ms, c.tls_ms, c.upgrade_ms, c.value
  FROM relay_check c JOIN relay r USING (relay_no);

-- A relay's own document (nip11) may hold what jsonb refuses; those of our own form never do.
CREATE VIEW relay_documents AS
  SELECT r.url AS relay, h.vantage, h.type, h.first_seen, h.last_seen, d.sha256, d.body,
         CASE WHEN h.type IN ('read', 'write', 'auth', 'nip11_answer', 'http', 'tls', 'dns', 'geo', 'net', 'capabilities')
           THEN convert_from(d.body, 'UTF8')::jsonb END AS value
  FROM relay_document h JOIN document d USING (document_no) JOIN relay r USING (relay_no);
COMMENT ON VIEW relay_documents IS 'Every version of what the checks of a relay brought home.';

GRANT SELECT ON relay_documents TO bigbrotr_writer, bigbrotr_reader;
