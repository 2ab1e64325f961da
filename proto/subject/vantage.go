package subject

import (
	"regexp"
	"strings"
)

// VantageMain is the vantage of an installation that checks from one place.
const VantageMain = "main"

// vantageToken is what the name of a vantage may be: a part of a subject's token and of a consumer's name.
var vantageToken = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// IsVantage says whether a name can be one of a vantage.
func IsVantage(name string) bool { return vantageToken.MatchString(name) }

// CheckJob is the job of checking relays from a vantage. Each vantage has one ball per relay of its own: what is due in
// one place says nothing of another. "" is the main one.
func CheckJob(vantage string) string {
	if vantage == VantageMain || vantage == "" {
		return JobCheck
	}
	return JobCheck + "-" + vantage
}

// VantageOf returns the vantage of a job that checks relays; false for every other job.
func VantageOf(job string) (string, bool) {
	if job == JobCheck {
		return VantageMain, true
	}
	vantage, ok := strings.CutPrefix(job, JobCheck+"-")
	return vantage, ok && IsVantage(vantage)
}

// ConsumerNamed returns one of Consumers, or one of a vantage's job: these are made by the vantage's monitor.
func ConsumerNamed(name string) (Consumer, bool) {
	for _, c := range Consumers() {
		if c.Name == name {
			return c, true
		}
	}
	job, network, _ := strings.Cut(name, "_")
	if vantage, ok := VantageOf(strings.TrimPrefix(job, retryPrefix)); !ok || vantage == VantageMain {
		return Consumer{}, false
	}
	for _, n := range Networks {
		if n == network {
			return jobConsumer(job, network), true
		}
	}
	return Consumer{}, false
}
