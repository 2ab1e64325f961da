-- The highest number of an event.
SELECT coalesce(max(event_no), 0) FROM event
