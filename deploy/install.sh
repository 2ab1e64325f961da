#!/usr/bin/env bash
# Installs what building, running and testing need and what is not there yet. Postgres is
# installed without a cluster of its own: the programs are all that is used.
set -euo pipefail

missing=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing+=(postgresql)
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v c++ >/dev/null || missing+=(g++) # links DuckDB, which a test reads our Parquet files with
command -v pkg-config >/dev/null || missing+=(pkg-config)
pkg-config --exists libsecp256k1 2>/dev/null || missing+=(libsecp256k1-dev)
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "Not found here: ${missing[*]}. On macOS: brew install postgresql@17 secp256k1 pkg-config." >&2
  # Only Postgres is needed; the others make single signature checks faster.
  [[ " ${missing[*]} " == *" postgresql "* ]] && exit 1
  exit 0
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
echo "Installing ${missing[*]}"
if [[ " ${missing[*]} " == *" postgresql "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  "${as_root[@]}" mkdir -p /etc/postgresql-common
  echo "create_main_cluster = false" | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
