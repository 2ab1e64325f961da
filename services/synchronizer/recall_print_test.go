package synchronizer

import (
	"fmt"
	"maps"
	"strings"
	"text/tabwriter"
)

// print aligns the table.
func (r *recall) print() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "relay\tserves\tarchived\trecall\tsays\trequests\tideal\tbytes\t÷ events\tturns\tsecond walk: requests\tbytes")
	for _, run := range r.runs {
		fmt.Fprintln(w, strings.Join(run.cells(), "\t"))
	}
	w.Flush()
	return text.String()
}

func (run *recallRun) cells() []string {
	share, ratio := "–", "–"
	if run.genuine > 0 {
		share = fmt.Sprintf("%.1f %%", 100*float64(run.archived)/float64(run.genuine))
	}
	if size := run.size(); size > 0 {
		ratio = fmt.Sprintf("%.2f", float64(run.first.Bytes)/float64(size))
	}
	cells := []string{
		run.name, fmt.Sprint(run.genuine), fmt.Sprint(run.archived), share, run.got,
		fmt.Sprint(run.first.Requests + run.first.NegIn), fmt.Sprint(run.idealPages()), fmt.Sprint(run.first.Bytes), ratio, fmt.Sprint(run.taken),
	}
	if run.walks == 2 {
		return append(cells, fmt.Sprint(run.second.Requests+run.second.NegIn), fmt.Sprint(run.second.Bytes))
	}
	return append(cells, "–", "–")
}

// size is what the events take that the relay had at the first walk.
func (run *recallRun) size() (n int) {
	genuine := run.relay.Genuine()
	for e := range maps.Values(run.events) {
		if _, ok := genuine[e.ID]; ok {
			n += len(e.AppendJSON(nil))
		}
	}
	return n
}

// idealPages is how many answers hold what the relay had at the first walk.
func (run *recallRun) idealPages() int {
	n, page := len(run.good), run.limit()
	for id := range run.relay.Genuine() {
		if _, ok := run.events[id]; ok {
			n++
		}
	}
	if run.page > 0 {
		page = run.page
	} else if run.manners.Cap > 0 {
		page = min(page, run.manners.Cap)
	}
	return (n + page - 1) / page
}

func (run *recallRun) limit() int { return or(run.policy.pageLimit, 500) }

// recallPage is the table as a page of the documentation.
func recallPage(r *recall, lines string) string {
	return "# Recall\n\n" +
		"What is archived of a relay, by the manners of that relay: each line is one local relay that misbehaves in one way, all of them walked at once by one\n" +
		"synchronizer, and a line is right only if everything that the relay serves is archived or the archive itself says what is missing. `ideal` is the number of\n" +
		"full pages that hold the events, without any probing; `÷ events` is all that the relay sent over the size of its events. Test and printer:\n" +
		"`cd services && go test ./synchronizer -run TestRecall -v` (`-update` writes this page).\n\n" +
		"```text\n" + trimLines(lines) + "```\n\n" +
		"The relays here are small, so that probing one, about 15 requests and three pages once a week, weighs much in their ratios. With 300,000 events whose\n" +
		"density grows with time (`go test ./synchronizer -run xxx -bench CostOfAWalk -benchtime 1x`) the first walk takes 616 requests where 600 full pages hold the\n" +
		"events, probing included, and 1.020 times their bytes; walking it again by comparing ids takes 0.001 % of the bytes of walking it again by pages.\n"
}

func trimLines(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return strings.Join(lines, "\n") + "\n"
}
