#!/usr/bin/env bash
# Says whether this machine lets us mount a disk of our own, an ext4 file system in a file, which power cuts need.
set -euo pipefail
dir=$(mktemp -d)
trap 'umount "$dir/disk" 2>/dev/null || true; rm -rf "$dir"' EXIT
truncate -s 64M "$dir/image"
mkdir "$dir/disk"
mkfs.ext4 -q "$dir/image" && mount -o loop "$dir/image" "$dir/disk"
