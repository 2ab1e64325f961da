package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// moment is a time on the command line: RFC 3339, unix seconds, or how long ago, such as 90m or 2d.
type moment struct{ time.Time }

// UnmarshalText reads one.
func (m *moment) UnmarshalText(text []byte) error {
	s := string(text)
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil && seconds >= 0 {
		m.Time = time.Unix(seconds, 0)
		return nil
	}
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		m.Time = at
		return nil
	}
	if at, err := time.Parse(time.DateOnly, s); err == nil {
		m.Time = at
		return nil
	}
	ago, err := age(s)
	if err != nil {
		return fmt.Errorf("understand %s: want RFC 3339, a date, unix seconds, or an age such as 90m or 2d", app.Quote(s))
	}
	m.Time = time.Now().Add(-ago)
	return nil
}

// age reads a duration that may count days.
func age(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	d, err := time.ParseDuration(s)
	if err == nil && d < 0 {
		err = fmt.Errorf("it is negative")
	}
	return d, err
}
