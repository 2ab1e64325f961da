package finder

import (
	"context"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Verdicts on one URL.
const (
	accepted = "accepted" // it is a candidate now and will be validated
	known    = "known"    // it was a candidate or a relay before
	refused  = "refused"  // the reason says why
)

// Reasons of a refusal that are not those of a URL's form.
const (
	reasonDenied    = "denied"
	reasonOptedOut  = "opted_out"
	reasonDailyCap  = "daily_cap"
	reasonDomainCap = "domain_cap"
)

const (
	secondChance = 30 * 24 * time.Hour // after which a URL that was given up is validated again
	lookup       = 10_000              // URLs in one question to the archive
)

// find is one URL that one source named.
type find struct {
	line    string // as it stood there, cut
	url     relay.URL
	source  string
	at      time.Time
	verdict string
	reason  string
}

// key tells a URL with its source from the same URL elsewhere.
func (f *find) key() string { return f.source + " " + string(f.url) }

// trusted says whether a source's new URLs are taken without a cap per domain: the operator's seed, and what people name
// one message at a time. Under every other name come lists and events, in which strangers write.
func trusted(source string) bool { return source == sourceSeed || source == sourcePeople }

// decide gives every find its verdict and carries it out: candidates first, acknowledged, then tasks, then the counts of
// the day. After an error nothing is lost and everything may be decided again.
func (f *Finder) decide(ctx context.Context, finds []*find) error {
	open := f.unsettled(finds)
	if len(open) > 0 {
		if err := f.decideOpen(ctx, open); err != nil {
			return err
		}
	}
	for _, one := range finds {
		urlsFound.WithLabelValues(one.verdict).Inc()
	}
	return nil
}

func (f *Finder) decideOpen(ctx context.Context, finds []*find) error {
	rows, err := f.lookUp(ctx, finds)
	if err != nil {
		return err
	}
	counts, err := loadLedger(ctx, f.bus, f.cfg, f.now())
	if err != nil {
		return err
	}
	tasks := f.judge(finds, rows, counts)
	if err := f.publishCandidates(ctx, finds); err != nil {
		return err
	}
	if err := f.publishTasks(ctx, tasks); err != nil {
		return err
	}
	for _, one := range finds {
		f.remember(one)
	}
	return counts.save(ctx, f.bus)
}

// unsettled drops what was dealt with lately, and gives it its verdict.
func (f *Finder) unsettled(finds []*find) []*find {
	var open []*find
	for _, one := range finds {
		if f.recent.has(one.key()) && (f.denied == nil || !f.denied(one.url)) {
			one.verdict = known
			continue
		}
		open = append(open, one)
	}
	return open
}

// lookUp asks the archive for all URLs at once.
func (f *Finder) lookUp(ctx context.Context, finds []*find) (map[string]store.Known, error) {
	rows := make(map[string]store.Known, len(finds))
	asked := make(map[relay.URL]bool, len(finds))
	var urls []string
	for i, one := range finds {
		if !asked[one.url] {
			asked[one.url] = true
			urls = append(urls, string(one.url))
		}
		if len(urls) < lookup && i < len(finds)-1 {
			continue
		}
		found, err := f.store.KnownURLs(ctx, urls)
		if err != nil {
			return nil, fmt.Errorf("look up %d relay URLs: %w", len(urls), err)
		}
		lookups.Inc()
		for url, row := range found {
			rows[url] = row
		}
		urls = urls[:0]
	}
	return rows, nil
}

// judge fills in the verdicts and returns the URLs that need a task.
func (f *Finder) judge(finds []*find, rows map[string]store.Known, counts *ledger) []relay.URL {
	var tasks []relay.URL
	fresh := map[relay.URL]bool{}
	for _, one := range finds {
		row, stored := rows[string(one.url)]
		switch {
		case f.deny.Denies(one.url):
			one.verdict, one.reason = refused, reasonDenied
		case f.denied != nil && f.denied(one.url):
			one.verdict, one.reason = refused, reasonOptedOut
		case fresh[one.url]:
			one.verdict = accepted
		case stored && f.deservesAnother(row):
			one.verdict, fresh[one.url] = accepted, true
			tasks = append(tasks, one.url)
		case stored || f.recent.has(string(one.url)):
			one.verdict = known
		default:
			if one.reason = counts.admit(one.url, trusted(one.source)); one.reason != "" {
				one.verdict = refused
				continue
			}
			one.verdict, fresh[one.url] = accepted, true
			tasks = append(tasks, one.url)
		}
	}
	return tasks
}

func (f *Finder) deservesAnother(row store.Known) bool {
	return !row.Accepted && !row.GivenUpAt.IsZero() && f.now().Sub(row.GivenUpAt) > secondChance
}

// remember spares what was just carried out a second look. Refusals by a cap end with the day, so none is remembered.
func (f *Finder) remember(one *find) {
	if one.verdict == refused {
		return
	}
	f.recent.add(one.key())
	f.recent.add(string(one.url))
}
