package app

import (
	"fmt"
	"maps"
	"slices"

	"github.com/agnivade/levenshtein"
)

// nearName is how many letters apart a variable and the setting that was meant may be.
const nearName = 2

// misspelt returns an error for every variable of the environment that no setting reads and whose name is almost that of one:
// MONITOR_INTERVALL would silently leave MONITOR_INTERVAL at its default. Variables of other programs are no business of ours.
func misspelt(all []field, environ map[string]string) (problems []error) {
	var settings []string
	for _, f := range all {
		if settings = append(settings, f.name); f.secret() {
			settings = append(settings, f.name+"_FILE")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(environ)) {
		if slices.Contains(settings, name) {
			continue
		}
		near := func(setting string) bool {
			return len(setting) > 4*nearName && levenshtein.ComputeDistance(name, setting) <= nearName
		}
		if i := slices.IndexFunc(settings, near); i >= 0 {
			problems = append(problems, fmt.Errorf("%s: there is no such setting; is %s meant?", name, settings[i]))
		}
	}
	return problems
}
