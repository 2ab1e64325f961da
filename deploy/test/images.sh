#!/usr/bin/env bash
# Makes the three images that the Compose test runs and names them in
# bin/compose-test.env.
#
# REAL_IMAGES=1 builds deploy/Dockerfile and lets Compose pull Postgres and NATS.
# Otherwise stand-ins are made on this machine, with no registry: Postgres from
# the installed Debian packages, NATS from the module version that shared/go.mod
# pins, and bigbrotr built here and copied into deploy/test/Dockerfile.
# BIGBROTR_BINARY names a static binary to use instead of building one.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/test/rootfs.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p bin

# import_image NAME ROOT CHANGE...: one layer, one image, the given settings.
import_image() {
	local name=$1 root=$2 changes=() change
	shift 2
	for change in "$@"; do changes+=(--change "$change"); done
	tar --create --directory "$root" --sort=name . | docker import "${changes[@]}" - "$name" >/dev/null
	echo "made $name" >&2
}

need_package() { # need_package COMMAND PACKAGE
	command -v "$1" >/dev/null && return
	apt-get install -y -q "$2" >&2 || { apt-get update -q >&2 && apt-get install -y -q "$2" >&2; }
}

postgres_image() {
	local root=$work/postgres home
	home=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 2>/dev/null | sort -V | tail -n 1)
	[ -n "$home" ] || { need_package pg_lsclusters postgresql && home=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 | sort -V | tail -n 1); }
	add_shell "$root"
	mkdir -p "$root$home" "$root/docker-entrypoint-initdb.d" "$root/var/lib/postgresql/data"
	# The just-in-time compiler would bring all of LLVM; Postgres runs without.
	tar --create --directory "$home" --exclude='llvmjit*' --exclude=bitcode . | tar --extract --directory "$root$home"
	add_file "$root" "/usr/share/postgresql/$(basename "$home")" /usr/share/zoneinfo /usr/lib/locale/C.utf8 /usr/bin/setpriv /usr/bin/locale
	add_libraries "$root" "$root$home"/bin/* "$root$home"/lib/*.so /usr/bin/setpriv /usr/bin/locale
	printf 'postgres:x:999:999::/var/lib/postgresql:/bin/sh\n' >>"$root/etc/passwd"
	printf 'postgres:x:999:\n' >>"$root/etc/group"
	cp deploy/test/postgres-entrypoint.sh "$root/bin/entrypoint"
	import_image "$POSTGRES_IMAGE" "$root" "ENV PATH=$home/bin:/bin:/usr/bin PGDATA=/var/lib/postgresql/data" \
		'ENTRYPOINT ["/bin/entrypoint"]' 'CMD ["postgres"]' 'VOLUME /var/lib/postgresql/data'
}

nats_image() {
	local root=$work/nats
	add_shell "$root"
	(cd shared && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$root/bin/nats-server" github.com/nats-io/nats-server/v2)
	import_image "$NATS_IMAGE" "$root" 'ENTRYPOINT ["/bin/nats-server"]' 'ENV PATH=/bin'
}

bigbrotr_image() {
	local root=$work/bigbrotr
	mkdir -p "$root"
	cp deploy/test/Dockerfile "$root/"
	cp /etc/ssl/certs/ca-certificates.crt "$root/"
	if [ -n "${BIGBROTR_BINARY:-}" ]; then
		cp "$BIGBROTR_BINARY" "$root/bigbrotr"
	else
		CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$root/bigbrotr" ./services/cmd/bigbrotr
	fi
	DOCKER_BUILDKIT=0 docker build --quiet --tag "$BIGBROTR_IMAGE" "$root" >/dev/null 2>"$work/log" || { cat "$work/log" >&2; return 1; }
	echo "made $BIGBROTR_IMAGE" >&2
}

export BIGBROTR_IMAGE=bigbrotr:test
if [ "${REAL_IMAGES:-0}" = 1 ]; then
	docker build --tag "$BIGBROTR_IMAGE" --file deploy/Dockerfile .
	printf 'BIGBROTR_IMAGE=%s\n' "$BIGBROTR_IMAGE" >bin/compose-test.env
	exit
fi
export POSTGRES_IMAGE=bigbrotr-standin-postgres:test NATS_IMAGE=bigbrotr-standin-nats:test
need_package busybox busybox-static
postgres_image
nats_image
bigbrotr_image
printf '%s=%s\n' BIGBROTR_IMAGE "$BIGBROTR_IMAGE" POSTGRES_IMAGE "$POSTGRES_IMAGE" NATS_IMAGE "$NATS_IMAGE" >bin/compose-test.env
