package synchronizer

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// Schedule is a list of rising ages, written as 1d,3d,36h in whole days and hours; none is an empty one.
type Schedule []time.Duration

// Bounds of a schedule.
const (
	maxAges = 16
	maxAge  = 3650 * day
	day     = 24 * time.Hour
)

// scheduleNone is an empty schedule as text.
const scheduleNone = "none"

// UnmarshalText reads that form.
func (s *Schedule) UnmarshalText(text []byte) error {
	*s = nil
	if string(text) == scheduleNone {
		return nil
	}
	words := strings.Split(string(text), ",")
	if len(words) > maxAges {
		return fmt.Errorf("got %d ages, want at most %d", len(words), maxAges)
	}
	var ages Schedule
	for _, word := range words {
		age, ok := parseAge(strings.TrimSpace(word))
		if !ok {
			return fmt.Errorf("got %s, want whole days or hours of 1h to %s, such as 3d or 36h", app.Quote(word), showAge(maxAge))
		}
		if last := len(ages) - 1; last >= 0 && age <= ages[last] {
			return fmt.Errorf("got %s after %s, want rising ages", showAge(age), showAge(ages[last]))
		}
		ages = append(ages, age)
	}
	*s = ages
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (s Schedule) MarshalText() ([]byte, error) {
	if len(s) == 0 {
		return []byte(scheduleNone), nil
	}
	words := make([]string, len(s))
	for i, age := range s {
		words[i] = showAge(age)
	}
	return []byte(strings.Join(words, ",")), nil
}

func parseAge(text string) (time.Duration, bool) {
	unit := time.Hour
	digits, ok := strings.CutSuffix(text, "h")
	if !ok {
		unit = day
		digits, ok = strings.CutSuffix(text, "d")
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if !ok || err != nil {
		return 0, false
	}
	age := time.Duration(n) * unit
	return age, age > 0 && age <= maxAge
}

// showAge writes an age in whole days where it has them.
func showAge(age time.Duration) string {
	if age%day == 0 {
		return strconv.FormatInt(int64(age/day), 10) + "d"
	}
	return strconv.FormatInt(int64(age/time.Hour), 10) + "h"
}
