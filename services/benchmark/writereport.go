package benchmark

import (
	"strconv"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store/measure"
)

// WriteReport is what a run of Write measured. Its JSON is public interface: fields are added, never renamed or removed.
type WriteReport struct {
	NewPerSecond    float64 `json:"new_events_per_second"`      // one transaction after the other, the archive prefilled
	TwoPerSecond    float64 `json:"new_events_per_second_two"`  // two transactions at once, as one writer has them
	KnownPerSecond  float64 `json:"known_sightings_per_second"` // the same events on the same relays once more
	AddedPerSecond  float64 `json:"new_sightings_per_second"`   // known events on relays that had not served them
	BytesEvent      float64 `json:"bytes_per_event"`            // with all indexes, as grown by insertion
	BytesSighting   float64 `json:"bytes_per_sighting"`
	WALEvent        float64 `json:"wal_bytes_per_event"` // its first sighting and its page's coverage included
	WALKnown        float64 `json:"wal_bytes_per_known_sighting"`
	WALAdded        float64 `json:"wal_bytes_per_new_sighting"`
	JSONEvent       float64 `json:"json_bytes_per_event"`
	BytesByJSON     float64 `json:"bytes_per_json_byte"` // bytes_per_event / json_bytes_per_event
	RatioNew        float64 `json:"ratio_new_to_original"`
	RatioEmpty      float64 `json:"ratio_new_to_empty"` // the rate with Prefill events by that of an archive that is almost empty; with Beside
	RatioAdded      float64 `json:"ratio_new_sightings_to_original"`
	RatioKnown      float64 `json:"ratio_known_sightings_to_original"`
	CountingCost    float64 `json:"counting_cost_us_per_event"` // CPU that the counters cost a writer; with Counting
	HostileSlowdown float64 `json:"hostile_slowdown"`           // share of the rate that hostile events cost; with Hostile

	Event       measure.Size      `json:"event"`
	Sighting    measure.Size      `json:"sighting"`
	Corpus      *Ratio            `json:"corpus,omitempty"`
	Readers     *ReadTimes        `json:"readers,omitempty"`
	Queries     []QueryTime       `json:"queries,omitempty"`
	SlowQueries []string          `json:"slow_queries,omitempty"` // those that took longer than 50 ms, bounded scans longer than 2 s
	Phases      []Phase           `json:"phases"`
	Prefill     int               `json:"prefill"`
	Batch       int               `json:"batch_events"`
	Machine     Machine           `json:"machine"`
	Settings    map[string]string `json:"settings"`
	Seconds     float64           `json:"seconds"` // of the whole run
}

// Phase is one kind of write, in transactions of Batch events (the original: of measure.OriginalBatch).
type Phase struct {
	Name      string  `json:"name"`
	Rows      int     `json:"rows"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"rows_per_second"`
	P50       float64 `json:"p50_ms"` // of a group of Batch events
	P95       float64 `json:"p95_ms"`
	WAL       float64 `json:"wal_bytes_per_row"`
	Program   float64 `json:"program_cpu_us_per_row"`
	Postgres  float64 `json:"postgres_cpu_us_per_row"`
	BusyCores float64 `json:"machine_busy_cores"` // busy with anything
}

// Ratio is what events take, beside what their JSON does.
type Ratio struct {
	Events      int64        `json:"events"`
	BytesEvent  float64      `json:"bytes_per_event"`
	JSONEvent   float64      `json:"json_bytes_per_event"`
	BytesByJSON float64      `json:"bytes_per_json_byte"`
	Size        measure.Size `json:"size"`
}

func newRatio(s measure.Size, json int64) *Ratio {
	n := float64(max(1, s.Rows))
	return &Ratio{Events: s.Rows, BytesEvent: float64(s.Bytes) / n, JSONEvent: float64(json) / n,
		BytesByJSON: float64(s.Bytes) / float64(max(1, json)), Size: s}
}

func (r *WriteReport) begin(cfg WriteConfig, events []event.Event) {
	r.Prefill, r.Batch = cfg.Prefill, cfg.Batch
	r.Settings = map[string]string{"synchronous_commit": "on", "fsync": "on", "events": strconv.Itoa(len(events)),
		"signatures": "made up: the store does not look at them", "prefill": "copied, indexes made afterwards"}
}

// sized notes what the sizes say.
func (r *WriteReport) sized(json int64) {
	events := newRatio(r.Event, json)
	r.BytesEvent, r.JSONEvent, r.BytesByJSON = events.BytesEvent, events.JSONEvent, events.BytesByJSON
	r.BytesSighting = float64(r.Sighting.Bytes) / float64(max(1, r.Sighting.Rows))
}

// conclude computes the figures at the top from the phases.
func (r *WriteReport) conclude() {
	rate, wal, cpu := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for _, p := range r.Phases {
		rate[p.Name], wal[p.Name], cpu[p.Name] = p.PerSecond, p.WAL, p.Program+p.Postgres
	}
	r.NewPerSecond, r.TwoPerSecond = rate[phaseNew], rate[phaseTwo]
	r.AddedPerSecond, r.KnownPerSecond = rate[phaseElsewhere], rate[phaseAgain]
	r.WALEvent, r.WALAdded, r.WALKnown = wal[phaseNew], wal[phaseElsewhere], wal[phaseAgain]
	r.RatioNew = ratio(rate[phaseNew], rate[original+phaseNew])
	r.RatioEmpty = ratio(rate[phaseNew], rate[phaseSmall])
	r.RatioAdded = ratio(rate[phaseElsewhere], rate[original+phaseElsewhere])
	r.RatioKnown = ratio(rate[phaseAgain], rate[original+phaseAgain])
	r.CountingCost = cpu[phaseCounted] - cpu[phaseUncounted]
	if r.Readers != nil {
		r.Readers.Rate, r.Readers.Alone = rate[phaseRead], rate[phaseUnread]
	}
	if rate[phaseHostile] > 0 {
		r.HostileSlowdown = 1 - ratio(rate[phaseHostile], rate[phasePeaceful])
	}
}

// The phases; those of the original have its name in front.
const (
	phaseNew       = "new"
	phaseSmall     = "new, archive almost empty"
	phaseTwo       = "new, two transactions at once"
	phaseElsewhere = "elsewhere"
	phaseAgain     = "again"
	phasePeaceful  = "peaceful"
	phaseHostile   = "hostile"
	phaseUnread    = "unread"
	phaseRead      = "read"
	phaseCounted   = "counted"
	phaseUncounted = "uncounted"
	original       = "original "
)

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
