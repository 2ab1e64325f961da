#!/usr/bin/env bash
# Runs the Compose test where a Docker engine answers and says which way it took.
# With COMPOSE_TEST=require a missing engine is a failure; without, the test is
# left out with one line. Arguments go to `go test`.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! docker info >/dev/null 2>&1; then
	echo "compose test: not run, because no Docker engine answers" >&2
	[ "${COMPOSE_TEST:-}" != require ]
	exit
fi
COMPOSE=$(deploy/test/compose.sh)
deploy/test/images.sh
set -a
. bin/compose-test.env
set +a
export COMPOSE
echo "compose test: run with $COMPOSE, ${POSTGRES_IMAGE:-the Postgres image} and ${NATS_IMAGE:-the NATS image}" >&2
go test -tags compose -count 1 -timeout 15m "$@" ./services/compose
