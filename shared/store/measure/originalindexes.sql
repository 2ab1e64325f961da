CREATE INDEX event_created_at ON event (created_at DESC);
CREATE INDEX event_kind_created_at ON event (kind, created_at DESC);
CREATE INDEX event_pubkey_created_at ON event (pubkey, created_at DESC);
CREATE INDEX event_tagvalues ON event USING gin (tagvalues)
