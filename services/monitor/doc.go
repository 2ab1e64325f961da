// Package monitor answers how healthy each relay is: it makes a round of checks of every relay about once an hour,
// decides the relay's state, and hands both to the writer.
//
// Consumes: brotr.task.check.<network>.<relay> and brotr.task.recheck.<network>.<relay>, two consumers per network that is on.
//
// Serves: brotr.svc.relay.check, the wish that a relay be checked at once: its task becomes due from every vantage that
// looked at it, at most once a minute.
//
// Vantages: the balls of a vantage are its own (subject.CheckJob): what is due in one place, and how far the next round
// is, says nothing of another, and a subject of TASKS holds one task. The main vantage has job check, another one has
// check-<vantage>, with consumers and balls that its monitor makes from the archive; so a monitor elsewhere is started
// and everything else stays as it is. (Following the main vantage's results instead would check at its distances: rarely
// where the main one is blocked, for nothing where this one finds a relay dead.) Rows, facts and leases name the vantage.
//
// Publishes: one batch with one Check on brotr.ingest.checks for every round; brotr.later.<job>.… for the next one;
// brotr.task.sync.… for a relay that has become readable.
//
// Guarantees: a round is on INGEST before the task of the first synchronization, that one before the next check is
// scheduled, and that before this task is acknowledged; so a crash at any point repeats a round and loses none. A round
// that was cut short by a stop, or that our own proxy failed, says nothing about the relay: its task comes again. A round that
// failed while most of our canaries failed is stored as degraded and changes no state. A relay
// on the deny list is left alone and looked at again a day later. Whatever a relay sends, its round can
// be encoded: words are cut and cleaned, documents travel as bytes. A check lasts at most two of its deadlines with all
// repetitions, a round as long as the deadlines of its checks. The dead do not hold up the living: a relay that failed in
// its last round stands in a line of its own, recheck, with a quarter as many slots beside the others'. Whoever takes long to open is
// one of <NET>_MAX_WAITING until it is.
//
// It does not sign in (NIP-42), unless MONITOR_LOGIN says so, and then after everything that a stranger may ask: a check
// says what a stranger gets. It publishes no Nostr events but the probe of the write check, which is ephemeral and has
// expired a minute later. Names of overlays are never looked up, nor names that we must not dial.
//
// Settings: MONITOR_INTERVAL, <NET>_MONITOR_INTERVAL, MONITOR_CANARIES, MONITOR_CHECKS, MONITOR_STORE, MONITOR_RETRIES_<CHECK>, MONITOR_MAX_POW, MONITOR_LOGIN,
// MONITOR_DNS_SERVERS, MONITOR_GEO_…, MONITOR_CAPABILITIES_INTERVAL, MONITOR_PRIVATE_KEY, and those of package netconf.
//
//	config.go   settings
//	monitor.go  New, Run, and what is done with one task
//	tools.go    what rounds share       round.go    one round of checks of one relay: its connection and results
//	check.go    the table of checks, repetition, deadlines   skip.go  why one is not made
//	open.go     connecting              read.go     asking for one event
//	nip11.go    the information document   write.go  an ephemeral event   auth.go  who we are
//	http.go     the server              tls.go      its certificate
//	dns.go      its name                geo.go      where it is, and in whose network
//	ipv6.go     whether it answers over IPv6
//	capabilities.go, search.go, negentropy.go       what it is able to do   lies.go  and what it says of that
//	judge.go    what one round says     state.go    what it changes in the relay's state
//	verdict.go  both, unless our own vantage is at fault
//	canaries.go whether it is           canarylist.go  the list file
//	next.go     when to look again      report.go   the message for the writer
//	vantage.go  jobs and balls          checknow.go wishes for a check at once
//	metrics.go  counters                names.go    names of the checks
package monitor
