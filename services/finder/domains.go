package finder

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

const (
	domainsWaiting = 1_000            // that are remembered until they are asked
	domainsAWeek   = 20_000           // that are asked at most; the others wait for another week
	domainPause    = time.Second      // between two questions to anybody
	domainTimeout  = 10 * time.Second // of one question, its body included
	domainsKey     = "finder_nip05"
	saveEvery      = 20 // questions; a crash asks so many domains twice
)

// domains are those that profiles named and nobody asked yet.
type domains struct {
	waiting chan address
	port    string // ":8443", such as a test has; "" is that of HTTPS
}

func newDomains() *domains { return &domains{waiting: make(chan address, domainsWaiting)} }

// offer takes the address of a profile; one that finds no room comes again with another profile of its domain.
func (d *domains) offer(profile string) {
	a, ok := readAddress(profile)
	if !ok {
		return
	}
	select {
	case d.waiting <- a:
	default:
		domainsAsked.WithLabelValues("no_room").Inc()
	}
}

// asked are the domains that were asked this week, by fingerprint; a new week begins anew. It is kept on the bus as the
// counts of the day are: two replicas may forget some of each other's.
type asked struct {
	Week int64  `json:"week"`
	Set  string `json:"set"` // sorted fingerprints of 6 bytes, base64

	seen map[string]bool
}

// keepDomains asks one domain after the other, each once a week, until ctx ends.
func (f *Finder) keepDomains(ctx context.Context) {
	var week asked
	for n := 0; ; {
		select {
		case <-ctx.Done():
			f.saveDomains(context.WithoutCancel(ctx), &week)
			return
		case a := <-f.domains.waiting:
			if !f.mayAsk(ctx, &week, a.domain) {
				continue
			}
			f.askDomain(ctx, a)
			if n++; n%saveEvery == 0 || len(f.domains.waiting) == 0 {
				f.saveDomains(ctx, &week)
			}
			app.Sleep(ctx, domainPause)
		}
	}
}

// mayAsk notes a domain and says whether it was not asked this week.
func (f *Finder) mayAsk(ctx context.Context, week *asked, domain string) bool {
	if now := f.now().Unix() / (7 * 86400); week.Week != now {
		*week = f.loadDomains(ctx, now)
	}
	mark := fingerprint(domain)
	if week.seen[mark] || len(week.seen) >= domainsAWeek {
		return false
	}
	week.seen[mark] = true
	return true
}

// loadDomains reads this week's domains. What does not decode counts as nothing.
func (f *Finder) loadDomains(ctx context.Context, week int64) asked {
	a := asked{seen: map[string]bool{}}
	value, _, err := f.bus.Get(ctx, domainsKey)
	if err != nil && ctx.Err() == nil {
		f.log.Warn("The domains of the week were not read", app.Err, err)
	}
	if json.Unmarshal(value, &a) != nil || a.Week != week {
		return asked{Week: week, seen: a.seen}
	}
	set, _ := base64.StdEncoding.DecodeString(a.Set)
	for ; len(set) >= 6; set = set[6:] {
		a.seen[hex.EncodeToString(set[:6])] = true
	}
	return a
}

func (f *Finder) saveDomains(ctx context.Context, week *asked) {
	if week.seen == nil {
		return
	}
	var set []byte
	for _, mark := range slices.Sorted(maps.Keys(week.seen)) {
		mark, _ := hex.DecodeString(mark) // it is ours
		set = append(set, mark...)
	}
	week.Set = base64.StdEncoding.EncodeToString(set)
	value, err := json.Marshal(week)
	if err == nil {
		err = f.bus.Put(ctx, domainsKey, value)
	}
	if err != nil {
		f.log.Warn("The domains of the week were not written", app.Err, err)
	}
}

// askDomain asks for a domain's nostr.json and publishes the relays that it names.
func (f *Finder) askDomain(ctx context.Context, a address) {
	urls, err := f.fetchDomain(ctx, "https://"+a.domain+f.domains.port, a.name)
	if err == nil && len(urls) > 0 {
		err = f.bus.PublishMany(ctx, urlMessages(sourceNIP05, urls))
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		domainsAsked.WithLabelValues("failed").Inc()
		f.log.Debug("A domain was not read", app.Source, app.Quote(a.domain), app.Err, err)
	default:
		domainsAsked.WithLabelValues("read").Inc()
	}
}

// fetchDomain asks through the guarded client. A redirect is no answer (NIP-05).
func (f *Finder) fetchDomain(ctx context.Context, origin, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, domainTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, origin+"/.well-known/nostr.json?name="+url.QueryEscape(name), nil)
	if err != nil {
		return nil, fmt.Errorf("ask domain: %w", err)
	}
	client := f.dialer.HTTPClient()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask domain: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask domain: HTTP status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, domainMax+1))
	if err != nil {
		return nil, fmt.Errorf("read nostr.json: %w", err)
	}
	return readNostrJSON(body)
}

// urlMessages writes texts as messages of the intake, under a source.
func urlMessages(source string, urls []string) []bus.Message {
	messages := listMessages(urls)
	for i := range messages {
		messages[i].Subject = subject.FoundFrom(source)
	}
	return messages
}
