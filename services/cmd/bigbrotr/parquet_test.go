package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// contents are the tables of an archive as people see them, independent of its numbers.
var contents = map[string]string{
	"events": `SELECT encode(id, 'hex') || encode(sig, 'hex') || kind || '@' || created_at || coalesce(tags::text, '') || coalesce(content, '') ||
		coalesce(encode(raw, 'hex'), '') AS row FROM event ORDER BY 1`,
	"sightings":   `SELECT encode(id, 'hex') || relay || first_seen || '-' || last_seen || coalesce('!' || missing_since, '') AS row FROM sightings ORDER BY 1`,
	"relays":      `SELECT url || network || token || accepted_at AS row FROM relay ORDER BY 1`,
	"candidates":  `SELECT url || found_at AS row FROM candidate WHERE url IN (SELECT url FROM relay) ORDER BY 1`,
	"checks":      `SELECT to_jsonb(c)::text AS row FROM relay_checks c ORDER BY 1`,
	"states":      `SELECT (to_jsonb(s) - 'relay_no')::text || url AS row FROM relay_state s JOIN relay USING (relay_no) ORDER BY 1`,
	"transitions": `SELECT (to_jsonb(t) - 'relay_no')::text || url AS row FROM relay_transition t JOIN relay USING (relay_no) ORDER BY 1`,
	"documents":   `SELECT to_jsonb(d)::text AS row FROM relay_documents d ORDER BY 1`,
	"coverage": `SELECT url || filter || proof || walked_on || intervals AS row
		FROM coverage JOIN relay USING (relay_no) JOIN filter USING (filter_no) ORDER BY 1`,
}

func snapshot(t *testing.T, dsn string) map[string][]struct{ Row string } {
	t.Helper()
	all := map[string][]struct{ Row string }{}
	for name, query := range contents {
		all[name] = testkit.Rows[struct{ Row string }](t, dsn, query)
	}
	return all
}

// fill makes an archive with whatever is hard to carry over.
func fill(t *testing.T, dsn string) (events int) {
	t.Helper()
	s, key := testkit.Store(t, dsn), event.GenerateKey()
	var all []event.Event
	for i := range 1300 {
		at := int64(1_690_000_000 + 7200*i)
		all = append(all, key.Sign(at, uint16([]int{0, 1, 3, 7, 30023}[i%5]), [][]string{{"d", fmt.Sprint(i)}, {}, {"t", "\x00", "é"}}, fmt.Sprint("nul \x00 and 😀 ", i)))
	}
	all = append(all, key.Sign(0, 1, nil, "the beginning"), key.Sign(1<<40, 1, nil, "the future"))
	other := key.Sign(5, 1, nil, "without a relay")
	value := int64(-7)
	for i, chunk := range slices.Collect(slices.Chunk(all, 300)) {
		batch := &ingest.Batch{Imports: []*ingest.Import{{Events: wire(chunk)}},
			Candidates: []*ingest.Candidate{{Url: "wss://a.example.com", Network: "clearnet", Source: "seed", FoundAt: 1_600_000_000}},
			Checks: []*ingest.Check{{Relay: "wss://a.example.com", Vantage: "main", CheckedAt: int64(1_700_000_000 + i*3_000_000), State: "up",
				StateSince: 1_700_000_000, Results: []*ingest.Result{{Check: "open", Ok: true, RttMs: 5, DnsMs: 1, Value: &value},
					{Check: "read", Reason: "timeout", Text: "slow \x1b[31m"}}}}}
		for r := range 3 {
			sightings := &ingest.Sightings{Relay: fmt.Sprintf("wss://%c.example.com", 'a'+r)}
			for j, e := range chunk {
				sightings.Ids = append(sightings.Ids, e.ID[:]...)
				sightings.FirstSeen = append(sightings.FirstSeen, int64(1_750_000_000+j))
				sightings.LastSeen = append(sightings.LastSeen, int64(1_750_009_000+j))
				sightings.MissingSince = append(sightings.MissingSince, int64(r*(j%2)*1_750_010_000))
			}
			batch.Imports[0].Sightings = append(batch.Imports[0].Sightings, sightings)
		}
		if _, err := s.Write(t.Context(), []*ingest.Batch{batch}, store.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Write(t.Context(), []*ingest.Batch{{Imports: []*ingest.Import{{Events: wire([]event.Event{other})}}}}, store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	health(t, s)
	return len(all) + 1
}

// health adds states, documents that change and come back, one of them no JSON, and proofs of several days.
func health(t *testing.T, s *store.Store) {
	t.Helper()
	batch := &ingest.Batch{}
	for i, body := range []string{`{"name":"a"}`, `{"name":"a"}`, "\x00\xff no JSON", "", `{"name":"a"}`} {
		batch.Checks = append(batch.Checks, &ingest.Check{Relay: "wss://b.example.com", Vantage: []string{"main", "other"}[i%2], CheckedAt: int64(1_760_000_000 + 1000*i),
			State: []string{"up", "down"}[i%2], StateSince: 1_760_000_000, Failures: uint32(i % 2), FailingSince: int64(i % 2 * 1_760_000_500), NextCheckAt: int64(i % 2 * 1_770_000_000),
			Documents: []*ingest.Document{document.Message(document.NIP11, []byte(body)), document.Message("tls", fmt.Appendf(nil, `{"days":%d}`, i/2))}})
	}
	for i := range 8 {
		batch.Pages = append(batch.Pages, &ingest.Page{Parts: 1, Relay: fmt.Sprintf("wss://%c.example.com", 'a'+i%2), Filter: []string{"{}", `{"kinds":[1]}`}[i/2%2],
			Since: int64(100 * i), Until: int64(100*i + 50), Proof: ingest.Proof(1 + i%5), SeenAt: int64(1_760_000_000 + 40_000*i)})
	}
	if _, err := s.Write(t.Context(), []*ingest.Batch{batch}, store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
}

func wire(events []event.Event) (out []*ingest.Event) {
	for _, e := range events {
		out = append(out, &ingest.Event{Id: e.ID[:], Pubkey: e.PubKey[:], Sig: e.Sig[:], CreatedAt: e.CreatedAt,
			Kind: uint32(e.Kind), Tags: e.Tags, Content: e.Content})
	}
	return out
}

// TestParquetRebuildsAnArchive exports an archive, imports that into an empty one, and compares both row by row; an export
// of the second one has the same bytes.
func TestParquetRebuildsAnArchive(t *testing.T) {
	from, environ, _ := archive(t)
	events := fill(t, from)
	dir := filepath.Join(t.TempDir(), "dump")
	first := exportTables(t, environ, dir)
	if first.Events.Count != int64(events) || first.EndedAt.IsZero() || len(first.Files) < 10 {
		t.Errorf("manifest: got %d events in %d files, want %d in several months", first.Events.Count, len(first.Files), events)
	}

	to, environ2, drained := archive(t)
	if stdout, stderr, code := bigbrotr(t, "", environ2, "import", "parquet", dir, "--coverage", "-o", "json"); code != 0 {
		t.Fatalf("import: got exit code %d, %s%s, want 0", code, stdout, stderr)
	}
	drained()
	before, after := snapshot(t, from), snapshot(t, to)
	for table, rows := range before {
		if len(rows) == 0 || !slices.Equal(rows, after[table]) {
			t.Errorf("%s: got %d rows that differ from the %d of before, or none", table, len(after[table]), len(rows))
		}
	}
	second := exportTables(t, environ2, filepath.Join(t.TempDir(), "again"))
	sums := map[string]string{}
	for _, file := range first.Files {
		sums[file.Path] = file.SHA256
	}
	for _, file := range second.Files {
		if file.Table != dump.TableChecks && sums[file.Path] != file.SHA256 { // checks are in the order of numbers
			t.Errorf("%s: got another sum than before", file.Path)
		}
	}
}

func exportTables(t *testing.T, environ []string, dir string) (m dump.Manifest) {
	t.Helper()
	stdout, stderr, code := bigbrotr(t, "", environ, "export", "parquet", dir, "--all")
	if err := json.Unmarshal([]byte(stdout), &m); err != nil || code != 0 {
		t.Fatalf("export: got exit code %d, %s, %v, want 0 and a manifest", code, stderr, err)
	}
	return m
}

// TestOnlyWhatChangedIsExportedAgain adds one old event: its month is written again, and no other.
func TestOnlyWhatChangedIsExportedAgain(t *testing.T) {
	dsn, environ, _ := archive(t)
	fill(t, dsn)
	dir := t.TempDir()
	first := exportTables(t, environ, dir)
	late := event.GenerateKey().Sign(1_690_000_100, 1, nil, "late")
	if _, err := testkit.Store(t, dsn).Write(t.Context(), []*ingest.Batch{{Imports: []*ingest.Import{{Events: wire([]event.Event{late})}}}}, store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	second := exportTables(t, environ, dir)
	old := map[string]dump.File{}
	for _, file := range first.Files {
		old[file.Path] = file
	}
	for _, file := range second.Files {
		changed := file.SHA256 != old[file.Path].SHA256
		if want := file.Path == "events/2023-07.parquet"; changed != want {
			t.Errorf("%s: got changed %t, want %t", file.Path, changed, want)
		}
	}
	if second.Events.Count != first.Events.Count+1 {
		t.Errorf("events: got %d, want one more than %d", second.Events.Count, first.Events.Count)
	}
	if _, stderr, code := bigbrotr(t, "", environ, "export", "parquet", dir, "--all", "--s3", "bucket"); code != usage || !strings.Contains(stderr, "bucket") {
		t.Errorf("a bucket without a host: got exit code %d, %q, want 2", code, stderr)
	}
	if _, stderr, code := bigbrotr(t, "", environ, "export", "parquet", dir, "--kind", "1"); code != usage || !strings.Contains(stderr, "--again") {
		t.Errorf("another selection: got exit code %d, %q, want 2 and a word on --again", code, stderr)
	}
}

// TestADamagedDumpIsRefused flips one byte of a file.
func TestADamagedDumpIsRefused(t *testing.T) {
	dsn, environ, _ := archive(t)
	fill(t, dsn)
	dir := t.TempDir()
	exportTables(t, environ, dir)
	path := filepath.Join(dir, "relays.parquet")
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	body[len(body)/2] ^= 1
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, code := bigbrotr(t, "", environ, "import", "parquet", dir); code != mismatch {
		t.Errorf("a flipped byte: got exit code %d, want %d", code, mismatch)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, _, code := bigbrotr(t, "", environ, "import", "parquet", dir); code != notFound {
		t.Errorf("a missing file: got exit code %d, want %d", code, notFound)
	}
}

// TestCoverageOfADumpIsTakenOnTrustAlone imports a dump without --coverage, which proves nothing, and one in which an event was
// forged, whose proofs would speak of an event that is not here. What is no state and no document of a relay is refused.
func TestCoverageOfADumpIsTakenOnTrustAlone(t *testing.T) {
	from, environ, _ := archive(t)
	health(t, testkit.Store(t, from))
	dir := t.TempDir()
	m := exportTables(t, environ, dir)
	to, environ2, drained := archive(t)
	imported(t, environ2, 0, dir)
	drained()
	if n := testkit.Number(t, to, "SELECT count(*) FROM coverage"); n != 0 {
		t.Errorf("without --coverage: got %d rows of coverage, want none", n)
	}
	rewrite(t, dir, &m, dump.TableStates, dump.StateRow{Relay: "wss://b.example.com", Vantage: "main", State: "up", CheckedAt: 1 << 40})
	rewrite(t, dir, &m, dump.TableDocuments, dump.DocumentRow{Relay: "wss://b.example.com", Vantage: "main", Type: "tls", FirstSeen: 1, LastSeen: 1,
		SHA256: sha256.Sum256([]byte(`"\ud800"`)), Body: []byte(`"\ud800"`)})
	rewrite(t, dir, &m, dump.TableTransitions, dump.TransitionRow{Relay: "wss://b.example.com", Vantage: "main", State: "asleep", At: 1, SeenAt: 1, SeenUntil: 2})
	var report struct {
		Refused map[string]struct{ Count int64 }
		Skipped map[string]int64
	}
	if err := json.Unmarshal([]byte(imported(t, environ2, partial, dir, "--coverage")), &report); err != nil {
		t.Fatal(err)
	}
	drained()
	if report.Refused["bad_state"].Count != 1 || report.Refused["bad_document"].Count != 1 || report.Refused["bad_transition"].Count != 1 ||
		len(report.Skipped) != 1 {
		t.Errorf("report: got %+v, want a state, a transition and a document refused, and coverage skipped", report)
	}
	if n := testkit.Number(t, to, "SELECT count(*) FROM coverage"); n != 0 {
		t.Errorf("after refusals: got %d rows of coverage, want none", n)
	}
}

func imported(t *testing.T, environ []string, want int, args ...string) string {
	t.Helper()
	stdout, stderr, code := bigbrotr(t, "", environ, append([]string{"import", "parquet", "-o", "json"}, args...)...)
	if code != want {
		t.Fatalf("import: got exit code %d, %s%s, want %d", code, stdout, stderr, want)
	}
	return stdout
}

// rewrite puts one row in the place of a table.
func rewrite[T any](t *testing.T, dir string, m *dump.Manifest, table string, row T) {
	t.Helper()
	out, err := dump.CreateTable[T](filepath.Join(dir, table+".parquet"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := out.Write([]T{row}, 100); err != nil {
		t.Fatal(err)
	}
	file, err := out.Finish()
	if err != nil {
		t.Fatal(err)
	}
	file.Table = table
	i := slices.IndexFunc(m.Files, func(f dump.File) bool { return f.Table == table })
	m.Files[i] = file
	if err := m.Write(filepath.Join(dir, "manifest.json")); err != nil {
		t.Fatal(err)
	}
}
