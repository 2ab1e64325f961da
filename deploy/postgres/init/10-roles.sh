#!/bin/sh
# Runs once, when the data directory is created: the roles and whose the
# database is. No service is ever a superuser: the initializer migrates as
# bigbrotr_owner, services write as bigbrotr_writer and read as bigbrotr_reader,
# bigbrotr_refresher keeps counters, bigbrotr_eraser removes what is taken down, bigbrotr_researcher also sees what is
# hidden; these two cannot log in before they have a password. What each may do is
# granted by the migrations.
set -eu

: "${BIGBROTR_OWNER_PASSWORD:?}" "${BIGBROTR_WRITER_PASSWORD:?}" "${BIGBROTR_READER_PASSWORD:?}" "${BIGBROTR_REFRESHER_PASSWORD:?}"

psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
	-v db="$POSTGRES_DB" <<'SQL'
\getenv owner_password BIGBROTR_OWNER_PASSWORD
\getenv writer_password BIGBROTR_WRITER_PASSWORD
\getenv reader_password BIGBROTR_READER_PASSWORD
\getenv refresher_password BIGBROTR_REFRESHER_PASSWORD
\getenv eraser_password BIGBROTR_ERASER_PASSWORD
\getenv researcher_password BIGBROTR_RESEARCHER_PASSWORD
CREATE ROLE bigbrotr_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE bigbrotr_writer LOGIN PASSWORD :'writer_password';
CREATE ROLE bigbrotr_reader LOGIN PASSWORD :'reader_password';
CREATE ROLE bigbrotr_refresher LOGIN PASSWORD :'refresher_password';
CREATE ROLE bigbrotr_eraser LOGIN;
CREATE ROLE bigbrotr_researcher LOGIN;
\if :{?eraser_password}
ALTER ROLE bigbrotr_eraser PASSWORD :'eraser_password';
\endif
\if :{?researcher_password}
ALTER ROLE bigbrotr_researcher PASSWORD :'researcher_password';
\endif
ALTER ROLE bigbrotr_reader SET default_transaction_read_only = on;
ALTER ROLE bigbrotr_researcher SET default_transaction_read_only = on;
ALTER DATABASE :"db" OWNER TO bigbrotr_owner;
REVOKE ALL ON DATABASE :"db" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"db" TO bigbrotr_writer;
GRANT CONNECT ON DATABASE :"db" TO bigbrotr_reader, bigbrotr_refresher, bigbrotr_eraser, bigbrotr_researcher;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SQL
