package benchmark

// Report is what a run measured. Its JSON is public interface: fields are added, never renamed or removed.
type Report struct {
	NewPerSecond       float64           `json:"new_events_per_second"`
	ElsewherePerSecond float64           `json:"elsewhere_events_per_second"`
	KnownPerSecond     float64           `json:"known_events_per_second"`
	KnownMeans         string            `json:"known_means"`
	VerifyMicroseconds float64           `json:"verify_cpu_microseconds_per_event"` // of walk new, as the synchronizer counts it
	Stages             []Stage           `json:"stages"`
	Events             int               `json:"events"`
	EventBytes         int               `json:"event_bytes_mean"`
	Walks              []Walk            `json:"walks"`
	Processes          []Process         `json:"processes"`
	Machine            Machine           `json:"machine"`
	Settings           map[string]string `json:"settings"`
	Seconds            float64           `json:"seconds"` // of the whole run
}

// Walk is one walk over the relay.
type Walk struct {
	Name      string             `json:"name"` // new, elsewhere or again
	Seconds   float64            `json:"seconds"`
	PerSecond float64            `json:"events_per_second"`
	CPU       map[string]float64 `json:"cpu_us_per_event"`             // by process; total has the sum
	OwnCores  float64            `json:"own_cores"`                    // that the processes of the run kept busy
	Looked    float64            `json:"lookups_in_archive_per_event"` // the synchronizer's; those it had in memory are not among them
	BusyCores float64            `json:"machine_busy_cores"`           // busy with anything: near all of them, the rate says more about the load than about the program
}

// Stage is one step of the synchronizer, measured alone: on one thread of this program, on pages of the same world.
type Stage struct {
	Name         string  `json:"name"`
	Microseconds float64 `json:"cpu_us_per_event"`
}

// Process is one process of the run.
type Process struct {
	Name string `json:"name"`
	Peak int64  `json:"peak_rss_bytes"`
}

// Machine is what the numbers depend on.
type Machine struct {
	Cores            int    `json:"cores"`
	CPU              string `json:"cpu"`
	Kernel           string `json:"kernel"`
	Go               string `json:"go"`
	Postgres         string `json:"postgres"`
	Engine           string `json:"signature_engine"`
	SyncMicroseconds int64  `json:"sync_us"` // median time of a synced write of 4 KiB
}

const knownMeans = "walked again: the archive has every event and every sighting"

// total is the name of the sum over all processes.
const total = "total"
