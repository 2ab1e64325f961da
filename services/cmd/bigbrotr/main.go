package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/bigbrotr/bigbrotr-go/services/standalone"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/budget"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// version is set by the linker.
var version = "dev"

// cli is the tree of verbs.
type cli struct {
	Run         runVerb         `cmd:"" help:"Run services in this process; all = every service, with servers of its own."`
	Demo        demoVerb        `cmd:"" help:"Run everything over a network of simulated relays; needs no internet."`
	Status      statusVerb      `cmd:"" help:"Lag, rates, relays, events; exit code 0 ok, 1 warning, 2 critical."`
	Doctor      doctorVerb      `cmd:"" help:"Look at every dependency; each fault with the line that mends it."`
	Inject      injectVerb      `cmd:"" help:"Bring something in."`
	Import      importVerb      `cmd:"" help:"Bring in an archive: files of events."`
	Export      exportVerb      `cmd:"" help:"Write the archive into files."`
	Backup      backupVerb      `cmd:"" help:"Copies of the archive."`
	Candidate   candidateVerb   `cmd:"" help:"Relay URLs that were found, and how their validation went."`
	Relay       relayVerb       `cmd:"" help:"Look at one relay."`
	Publish     publishVerb     `cmd:"" help:"What is published on Nostr (NIP-66)."`
	Alerts      alertsVerb      `cmd:"" help:"Who is told when a relay breaks."`
	Tail        tailVerb        `cmd:"" help:"Print what is archived, as it happens."`
	Rebuild     rebuildVerb     `cmd:"" help:"Compute again what is kept up to date."`
	Pause       pauseVerb       `cmd:"" help:"Stop dialling, everywhere and within seconds; nothing is lost."`
	Resume      resumeVerb      `cmd:"" help:"Go on after pause."`
	Optout      optoutVerb      `cmd:"" help:"Relays that do not want to be asked."`
	Takedown    takedownVerb    `cmd:"" help:"Remove an event or everything by an author, for good."`
	Verify      verifyVerb      `cmd:"" help:"Hash and check what is archived once more; exit code 6 when something does not fit."`
	Retention   retentionVerb   `cmd:"" help:"What the rules of RETENTION_RULES do not keep."`
	Quarantine  quarantineVerb  `cmd:"" help:"What could not be stored."`
	Dead        deadVerb        `cmd:"" help:"Messages that were given up."`
	Streams     streamsVerb     `cmd:"" help:"The streams of NATS."`
	Migrate     migrateVerb     `cmd:"" help:"Bring the schema of Postgres up to date."`
	Geoip       geoipVerb       `cmd:"" help:"Databases that say where relays are."`
	Config      configVerb      `cmd:"" help:"The settings."`
	Keys        keysVerb        `cmd:"" help:"Secret keys."`
	Bench       benchVerb       `cmd:"" help:"Measure how fast this machine archives."`
	Healthcheck healthcheckVerb `cmd:"" help:"Ask a running process whether it is ready."`
	Version     versionVerb     `cmd:"" help:"Print the version."`
}

// env is what every verb gets: its streams and its environment.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        map[string]string
}

// config loads the settings of this process.
func (e *env) config() (standalone.Config, error) {
	cfg, err := standalone.Load(e.environ)
	if err != nil {
		return cfg, exit(usage, fmt.Errorf("read the environment:\n%w", err))
	}
	return cfg, nil
}

func main() {
	e := &env{os.Stdin, os.Stdout, os.Stderr, app.Environ()}
	os.Exit(execute(e, os.Args[1:]))
}

// execute runs one verb and returns the exit code of the process.
func execute(e *env, args []string) int {
	var tree cli
	code := -1
	parser, err := kong.New(&tree, kong.Name("bigbrotr"),
		kong.Vars{"services": strings.Join(append(standalone.Names(), standalone.All), ","),
			"dialling": strings.Join(budget.Services, ",")},
		kong.Description("BigBrotr watches and archives the Nostr network."), kong.Writers(e.stdout, e.stderr),
		kong.Exit(func(c int) { code = c }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		panic(err) // the tree is a constant
	}
	verb, err := parser.Parse(bareTruth(args))
	if code >= 0 {
		return code // --help has been printed
	}
	if err != nil {
		fmt.Fprintf(e.stderr, "bigbrotr: %s\nsee: bigbrotr --help\n", err)
		return usage
	}
	verb.BindTo(context.Background(), (*context.Context)(nil))
	return report(e.stderr, verb.Run(e))
}

// Exit codes.
const (
	failed      = 1
	usage       = 2
	notFound    = 3
	partial     = 4
	unreachable = 5
	mismatch    = 6
)

// wrongRole is said when Postgres refuses what a role may not do.
const wrongRole = "the role of this connection may not do that; see DATABASE_URL, DATABASE_READ_URL, DATABASE_OWNER_URL, " +
	"DATABASE_ERASER_URL and DATABASE_REFRESHER_URL in bigbrotr config print"

// exitError is an error with an exit code. A nil err says nothing more to the person.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func exit(code int, err error) error { return &exitError{code, err} }

// report prints what went wrong and returns the exit code.
func report(w io.Writer, err error) int {
	if err == nil {
		return 0
	}
	code := failed
	if e, ok := errors.AsType[*exitError](err); ok {
		if code = e.code; e.err == nil {
			return code
		}
	}
	if errors.Is(err, standalone.ErrNowhere) {
		code = unreachable
	}
	if errors.Is(err, standalone.ErrInterrupted) {
		code = app.Interrupted
	}
	fmt.Fprintf(w, "bigbrotr: %s\n", err)
	if store.Forbidden(err) {
		fmt.Fprintln(w, wrongRole)
		code = failed
	}
	return code
}
