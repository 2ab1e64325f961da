-- +goose Up
-- What relays no longer serve, and more of how they answer. A sighting has an access path from both sides: the relays of
-- an event by the key, the events of a relay by an index of posting lists. With a million pairs that costs 101 bytes a
-- pair; the key (relay_no, event_no) and posting lists by event cost 106, the key alone 93.

ALTER TABLE sighting ADD COLUMN missing_since integer;
CREATE INDEX sighting_relay_no ON sighting (relay_no);
COMMENT ON COLUMN sighting.missing_since IS 'When a complete answer of the relay was first without the event; null = not missing.';

ALTER TABLE visit
  ADD COLUMN late_events    bigint NOT NULL DEFAULT 0,
  ADD COLUMN missing_events bigint NOT NULL DEFAULT 0,
  ADD COLUMN live_events    bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN visit.late_events IS 'New events inside an interval that was settled before.';
COMMENT ON COLUMN visit.missing_events IS 'Events that the relay had served and serves no more.';
COMMENT ON COLUMN visit.live_events IS 'Events that came over the live subscription since the turn before.';

ALTER TABLE manners
  ADD COLUMN negentropy        boolean NOT NULL DEFAULT false,
  ADD COLUMN hints             boolean NOT NULL DEFAULT false,
  ADD COLUMN counts            boolean NOT NULL DEFAULT false,
  ADD COLUMN auth              text COLLATE "C" NOT NULL DEFAULT '' CHECK (auth IN ('', 'offered', 'required')),
  ADD COLUMN max_subscriptions integer NOT NULL DEFAULT 0,
  ADD COLUMN max_message       integer NOT NULL DEFAULT 0,
  ADD COLUMN hides             boolean NOT NULL DEFAULT false,
  ADD COLUMN page_limit        integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN manners.negentropy IS 'Whether NIP-77 reconciles, and agreed with what it serves.';
COMMENT ON COLUMN manners.hints IS 'Whether NIP-67 hints come with EOSE, and were true.';
COMMENT ON COLUMN manners.counts IS 'Whether NIP-45 COUNT is answered, and was right.';
COMMENT ON COLUMN manners.auth IS 'NIP-42: offered or required; empty = it never asked.';
COMMENT ON COLUMN manners.max_subscriptions IS 'Subscriptions open at once, as far as it was tried; 0 = unknown.';
COMMENT ON COLUMN manners.max_message IS 'Most bytes of a message to the relay; 0 = unknown.';
COMMENT ON COLUMN manners.hides IS 'Whether it hides events from us: none of its sightings is marked missing.';
COMMENT ON COLUMN manners.page_limit IS 'A limit that brings more at once than a larger one; 0 = the larger the better.';

CREATE OR REPLACE VIEW sightings AS
  SELECT e.id, r.url AS relay, s.first_seen, s.last_seen, s.missing_since
  FROM sighting s JOIN event e USING (event_no) JOIN relay r USING (relay_no);
