package subject

import "testing"

func TestEveryVantageHasItsOwnJobAndConsumers(t *testing.T) {
	for vantage, job := range map[string]string{"main": "check", "berlin": "check-berlin", "a-b-1": "check-a-b-1"} {
		if got := CheckJob(vantage); got != job {
			t.Errorf("job of %s: got %s, want %s", vantage, got, job)
		}
		if back, ok := VantageOf(job); !ok || back != vantage {
			t.Errorf("vantage of %s: got %s, %v, want %s", job, back, ok, vantage)
		}
		c, ok := ConsumerNamed(JobConsumer(job, Tor))
		if want := "brotr.task." + job + ".tor.*"; !ok || c.Filter != want || c.Stream != StreamTasks || c.MaxAckPending == 0 {
			t.Errorf("consumer of %s: got %+v, %v, want filter %s", job, c, ok, want)
		}
		retry, ok := Retry(job)
		c, declared := ConsumerNamed(JobConsumer(retry, Tor))
		if want := "brotr.task.re" + job + ".tor.*"; !ok || !declared || c.Filter != want || c.Stream != StreamTasks {
			t.Errorf("consumer of %s: got %+v, %v, want filter %s", retry, c, declared, want)
		}
	}
	for _, job := range []string{"validate", "sync", "check-", "check-Berlin", "check-a_b", "check-a.b", "checks"} {
		if vantage, ok := VantageOf(job); ok {
			t.Errorf("vantage of %s: got %s, want none", job, vantage)
		}
	}
	for _, name := range []string{"", "check", "check-berlin", "check-berlin_moon", "check-a_b_tor", "walk_tor", "check-_tor", "recheck", "recheck_moon", "recheck-berlin", "resync_tor"} {
		if c, ok := ConsumerNamed(name); ok {
			t.Errorf("consumer %q: got %+v, want none", name, c)
		}
	}
	for _, name := range []string{"", "-a", "A", "a b", "a.b", "a_b", "a>", "ü", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"} {
		if IsVantage(name) {
			t.Errorf("vantage %q: got it allowed, want it refused", name)
		}
	}
}
