package alerter

import (
	"fmt"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// hours is a time of day (UTC) in which nothing is sent; it may go over midnight. Both ends are the same when there is none.
type hours struct{ from, to time.Duration }

// parseHours reads `22:00-07:00`.
func parseHours(text string) (hours, error) {
	if text == "" {
		return hours{}, nil
	}
	from, to, ok := strings.Cut(text, "-")
	start, err := clock(from)
	end, err2 := clock(to)
	if !ok || err != nil || err2 != nil || start == end {
		return hours{}, fmt.Errorf("quiet_hours: got %s, want two times of UTC such as 22:00-07:00", app.Quote(text))
	}
	return hours{start, end}, nil
}

func clock(text string) (time.Duration, error) {
	at, err := time.Parse("15:04", strings.TrimSpace(text))
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, err
}

// end is when the quiet hours that now falls into are over; now itself outside of them.
//
//	22:00-07:00 at 23:30 → 07:00 of the next day, at 06:59 → 07:00, at 07:00 → 07:00
func (h hours) end(now time.Time) time.Time {
	now = now.UTC()
	day := now.Truncate(24 * time.Hour)
	at := now.Sub(day)
	switch {
	case h.from == h.to:
		return now
	case h.from < h.to && at >= h.from && at < h.to, h.from > h.to && at < h.to:
		return day.Add(h.to)
	case h.from > h.to && at >= h.from:
		return day.Add(24*time.Hour + h.to)
	}
	return now
}
