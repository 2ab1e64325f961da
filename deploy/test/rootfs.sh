# Functions that assemble a small root file system from the machine's own
# Debian packages. Sourced by images.sh; not run by itself.

# add_file ROOT PATH...: copy files or folders to the same place under ROOT.
add_file() {
	local root=$1 path
	shift
	for path in "$@"; do
		mkdir -p "$root$(dirname "$path")"
		cp -aL "$path" "$root$(dirname "$path")/"
	done
}

# add_libraries ROOT FILE...: copy every shared library that the files need,
# the loader included.
add_libraries() {
	local root=$1 library
	shift
	ldd "$@" 2>/dev/null | grep -oE '/[^ )]+' | grep -v ':$' | sort -u |
		while read -r library; do add_file "$root" "$library"; done
}

# add_shell ROOT: a static busybox as sh, wget, setpriv and the rest.
add_shell() {
	local root=$1 busybox
	busybox=$(command -v busybox)
	mkdir -p "$root/bin" "$root/usr/bin" "$root/usr/sbin" "$root/tmp" "$root/etc"
	chmod 1777 "$root/tmp"
	cp "$busybox" "$root/bin/busybox"
	chroot "$root" /bin/busybox --install -s /bin
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\n' >"$root/etc/group"
}
