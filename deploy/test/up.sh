#!/usr/bin/env bash
# Prepares a machine with a Docker engine for the tests that need one: finds or
# builds Docker Compose v2, makes the images, and writes what the tests have to
# know to bin/compose-test.env. Prints which way it took; fails without an engine.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=$(docker version --format '{{.Server.Version}} (API {{.Server.APIVersion}})' 2>/dev/null) ||
	{ echo "no Docker engine answers: start one, or leave the container tests out" >&2; exit 1; }
compose=$(deploy/test/compose.sh)
deploy/test/images.sh
# The reaper of testcontainers is an image of its own; tests end their own containers without it.
if [ "${REAL_IMAGES:-0}" != 1 ]; then
	printf 'TESTCONTAINERS_RYUK_DISABLED=true\nTESTCONTAINERS_HOST_OVERRIDE=127.0.0.1\n' >>bin/compose-test.env
fi
printf 'COMPOSE=%q\n' "$compose" >>bin/compose-test.env
echo "Docker engine $version, $($compose version), images:" >&2
grep _IMAGE bin/compose-test.env >&2
