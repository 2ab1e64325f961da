#!/bin/sh
# Starts Postgres as the official image does, for the variables that
# docker-compose.yml uses: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, PGDATA,
# POSTGRES_HOST_AUTH_METHOD and /docker-entrypoint-initdb.d. On an empty data directory it creates the
# cluster and runs the init scripts on a server that only a local socket reaches,
# so that nobody meets a half-made database.
set -eu

: "${PGDATA:=/var/lib/postgresql/data}" "${POSTGRES_USER:=postgres}"
: "${POSTGRES_DB:=$POSTGRES_USER}"
export PGDATA POSTGRES_USER POSTGRES_DB

# The first pass runs as root and only hands the directories over.
if [ "$(id -u)" = 0 ]; then
	mkdir -p "$PGDATA" /var/run/postgresql
	chown postgres:postgres "$PGDATA" /var/run/postgresql
	chmod 0700 "$PGDATA"
	exec /usr/bin/setpriv --reuid=999 --regid=999 --clear-groups "$0" "$@"
fi

create_cluster() {
	: "${POSTGRES_PASSWORD:?is needed to create a database}"
	method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
	umask 077
	printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/password
	initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --encoding=UTF8 --locale=C.UTF-8 --auth-local=trust --auth-host="$method"
	rm /tmp/password
	printf 'host all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
	printf "listen_addresses = '*'\n" >>"$PGDATA/postgresql.conf"
}

run_init_scripts() {
	[ "$POSTGRES_DB" = postgres ] || createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
	for script in /docker-entrypoint-initdb.d/*; do
		case "$script" in
		*.sh) sh "$script" ;;
		*.sql) psql -v ON_ERROR_STOP=1 --no-psqlrc --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --file="$script" ;;
		esac
	done
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
	create_cluster
	pg_ctl --wait --options='-c listen_addresses=' start
	run_init_scripts
	pg_ctl --wait --mode=fast stop
fi
exec "$@"
