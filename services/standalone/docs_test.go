package standalone_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// page is one Markdown file of the repository; its name is relative to the root.
type page struct{ name, text string }

func pages(t *testing.T) (all []page) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		if entry.IsDir() && (name == ".git" || name == "data" || name == "bin") {
			return fs.SkipDir
		}
		if strings.HasSuffix(name, ".md") {
			all = append(all, page{name, read(t, name)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 15 {
		t.Fatalf("got %d pages, want the whole documentation", len(all))
	}
	return all
}

// read returns a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// matches returns the first group of every match, each once.
func matches(pattern, text string) (found []string) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		if !slices.Contains(found, m[1]) {
			found = append(found, m[1])
		}
	}
	return found
}

// TestLinksResolve follows every relative link of every page, to the file and to its heading.
func TestLinksResolve(t *testing.T) {
	links := 0
	for _, p := range pages(t) {
		for _, link := range matches(`\]\(([^)\s]+)\)`, p.text) {
			if strings.Contains(link, "://") {
				continue
			}
			links++
			path, anchor, _ := strings.Cut(link, "#")
			target := p.name
			if path != "" {
				target = filepath.Join(filepath.Dir(p.name), path)
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s links to %s, which is not there", p.name, link)
			} else if anchor != "" && !slices.Contains(anchors(read(t, target)), anchor) {
				t.Errorf("%s links to %s: there is no such heading", p.name, link)
			}
		}
	}
	if links < 40 {
		t.Errorf("got %d relative links, want all of the documentation's", links)
	}
}

// anchors are the headings of a page as links name them.
func anchors(text string) (names []string) {
	for _, heading := range matches(`(?m)^#+ (.+)$`, text) {
		name := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(heading), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

// TestCommandsExist looks for every `make` target that a page names.
func TestCommandsExist(t *testing.T) {
	targets := matches(`(?m)^([a-z][a-z-]*):`, read(t, "Makefile"))
	for _, p := range pages(t) {
		for _, target := range matches("(?m)(?:^|`)make ([a-z][a-z/-]*)(?:$|[ `])", p.text) {
			if !slices.Contains(targets, target) {
				t.Errorf("%s names make %s; the Makefile has %v", p.name, target, targets)
			}
		}
	}
}

// TestArchitectureNamesWhatExists looks for the files, functions and tests of the page.
func TestArchitectureNamesWhatExists(t *testing.T) {
	text := read(t, "ARCHITECTURE.md")
	places := matches("`([a-z0-9/_]+\\.go:\\w+)`", text)
	for _, place := range places {
		file, function, _ := strings.Cut(place, ":")
		if !regexp.MustCompile(`(?m)^func (\([^)]+\) )?` + function + `\(`).MatchString(read(t, file)) {
			t.Errorf("ARCHITECTURE.md names %s, which is not there", place)
		}
	}
	for _, file := range matches("`([a-z0-9/_]+\\.go)`", text) {
		if _, err := os.Stat(filepath.Join(root, file)); err != nil {
			t.Errorf("ARCHITECTURE.md names %s, which is not there", file)
		}
	}
	tests, there := matches("`(Test\\w+)`", text), allTests(t)
	for _, name := range tests {
		if !slices.Contains(there, name) {
			t.Errorf("ARCHITECTURE.md names %s, which is not there", name)
		}
	}
	if len(places) < 15 || len(tests) < 30 {
		t.Errorf("got %d places and %d tests on the page, want all of them", len(places), len(tests))
	}
}

// allTests are the names of all tests of the project.
func allTests(t *testing.T) (names []string) {
	t.Helper()
	for _, module := range []string{"proto", "shared", "services"} {
		names = append(names, matches(`(?m)^func (Test\w+)\(`, sources(t, module, func(name string) bool {
			return strings.HasSuffix(name, "_test.go")
		}))...)
	}
	return names
}

// sources joins the Go files of a module whose name is wanted.
func sources(t *testing.T, module string, wanted func(name string) bool) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(filepath.Join(root, module), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || !wanted(path) {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// TestMetricsAreDocumented compares the metrics in the code with their page, both ways.
func TestMetricsAreDocumented(t *testing.T) {
	code := sources(t, "services", func(name string) bool { return strings.HasSuffix(name, "/metrics.go") })
	names := matches(`Name:\s+"(bigbrotr_[a-z0-9_]+[a-z0-9])"`, code)
	if len(names) < 30 {
		t.Fatalf("got %d metrics in the code, want all of them", len(names))
	}
	page := matches("(?m)^\\| `(bigbrotr_[a-z0-9_]+)`", read(t, "docs/reference/metrics.md"))
	for _, name := range names {
		if !slices.Contains(page, name) {
			t.Errorf("docs/reference/metrics.md does not have %s", name)
		}
	}
	for _, name := range page {
		if !slices.Contains(names, name) {
			t.Errorf("docs/reference/metrics.md has %s, the code does not", name)
		}
	}
}

// TestColumnsAreDocumented looks for every view, table and column of the schema, and its comment, on the page.
func TestColumnsAreDocumented(t *testing.T) {
	page := read(t, "docs/reference/sql.md")
	files, err := filepath.Glob(filepath.Join(root, "sql", "migrations", "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d migrations (%v), want all of them", len(files), err)
	}
	comments := map[string]string{} // of each column, the last one
	for _, file := range files {
		text := read(t, "sql/migrations/"+filepath.Base(file))
		for _, name := range matches(`COMMENT ON (?:TABLE|VIEW|FUNCTION) (\w+) IS`, text) {
			if !strings.Contains(page, "`"+name) {
				t.Errorf("docs/reference/sql.md does not have %s", name)
			}
		}
		for _, m := range regexp.MustCompile(`COMMENT ON COLUMN (\w+\.\w+) IS '((?:[^']|'')*)'`).FindAllStringSubmatch(text, -1) {
			comments[m[1]] = strings.NewReplacer("''", "'", "|", "&#124;").Replace(m[2])
		}
		for _, m := range regexp.MustCompile(`ALTER TABLE (\w+)([^;]*DROP COLUMN[^;]*);`).FindAllStringSubmatch(text, -1) {
			for _, column := range matches(`DROP COLUMN (\w+)`, m[2]) {
				delete(comments, m[1]+"."+column)
			}
		}
	}
	for column, comment := range comments {
		name, column, _ := strings.Cut(column, ".")
		_, table, _ := strings.Cut(page, "### `"+name+"`\n")
		table, _, _ = strings.Cut(table, "\n### ")
		if !regexp.MustCompile("(?m)^\\| `" + column + "` \\| [a-z0-9\\[\\]]+ \\| " + regexp.QuoteMeta(comment) + ` \|$`).MatchString(table) {
			t.Errorf("docs/reference/sql.md does not have %s.%s as its comment says: %s", name, column, comment)
		}
	}
}

// TestVerbsAreDocumented asks the binary for its verbs.
func TestVerbsAreDocumented(t *testing.T) {
	help, err := exec.Command(build(t, root+"/services/cmd/bigbrotr"), "--help").Output()
	if err != nil {
		t.Fatalf("run bigbrotr --help: %v", err)
	}
	page := read(t, "docs/reference/cli.md")
	verbs := matches(`(?m)^  ([a-z]+(?: [a-z]+)?)  `, string(help))
	if len(verbs) < 15 {
		t.Fatalf("got verbs %q, want all of them", verbs)
	}
	for _, verb := range verbs {
		first, second, _ := strings.Cut(verb, " ")
		if !regexp.MustCompile("(?m)^\\|.*`" + first + `\b[^|]*(\\\|[^|]*)*\b` + second).MatchString(page) {
			t.Errorf("docs/reference/cli.md does not have %q", verb)
		}
	}
}
