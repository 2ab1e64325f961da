package app

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written as 1048576, 512KiB, 1MiB, 4GiB or 1TiB.
type Size int64

var units = []struct {
	suffix string
	bytes  int64
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

// UnmarshalText reads a whole number of bytes or of one binary unit.
func (s *Size) UnmarshalText(text []byte) error {
	digits, factor := string(text), int64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(digits, u.suffix); ok {
			digits, factor = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return errors.New("read size " + Quote(string(text)) + ": want a whole number of bytes, KiB, MiB, GiB or TiB")
	}
	*s = Size(n * factor)
	return nil
}

// String writes the size in the largest unit that is exact.
func (s Size) String() string {
	for _, u := range units {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10)
}
