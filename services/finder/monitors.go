package finder

import (
	"context"
	"time"
)

// What makes us believe monitors: two different keys, within a week. One key may be anybody's who wants us to dial.
const (
	quorum      = 2
	monitorLife = 7 * 24 * time.Hour
	clockSkew   = time.Hour
)

// confirm moves those URLs that enough monitors watch to what was found, with one question to the archive; an event that
// is on EVENTS is there. The others are forgotten, and come again with the next monitor's event.
func (s *sightseeing) confirm(ctx context.Context) error {
	if len(s.watched) == 0 {
		return nil
	}
	now := time.Now()
	counts, err := s.store.MonitorsOf(ctx, s.watched, now.Add(-monitorLife), now.Add(clockSkew))
	if err != nil {
		return err
	}
	for _, url := range s.watched {
		if counts[url] >= quorum {
			s.found[sourceNIP66] = append(s.found[sourceNIP66], url)
			continue
		}
		delete(s.keys, sourceNIP66+" "+url)
		unconfirmed.Inc()
	}
	s.watched = nil
	return nil
}
