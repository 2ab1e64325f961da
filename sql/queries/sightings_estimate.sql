-- How many sightings there are, as Postgres' statistics have it.
SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'sighting'::regclass
