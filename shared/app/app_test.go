package app

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// lifecycle runs services with a signal channel and an exit of the test's own.
func lifecycle(ctx context.Context, grace time.Duration, signals chan os.Signal, exit func(int), services ...Named) error {
	return run(ctx, slog.New(slog.DiscardHandler), grace, signals, exit, services)
}

func noExit(t *testing.T) func(int) {
	return func(status int) { t.Errorf("got exit %d, want none", status) }
}

func TestSignalEndsAllServices(t *testing.T) {
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGTERM
	if err := lifecycle(t.Context(), time.Minute, signals, noExit(t), obedient("a"), obedient("b")); err != nil {
		t.Errorf("got %v, want an orderly end", err)
	}
}

func TestEndOfContextEndsAllServices(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := lifecycle(ctx, time.Minute, nil, noExit(t), obedient("a")); err != nil {
		t.Errorf("got %v, want an orderly end", err)
	}
}

func TestFatalErrorOfOneEndsAll(t *testing.T) {
	broken := Named{"writer", serviceFunc(func(context.Context) error { return errBroken })}
	err := lifecycle(t.Context(), time.Minute, nil, noExit(t), obedient("a"), broken)
	if !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "run writer: ") {
		t.Errorf("got %v, want the error and its service", err)
	}
}

func TestErrorWhileStoppingIsKept(t *testing.T) {
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGTERM
	broken := Named{"writer", serviceFunc(func(ctx context.Context) error { <-ctx.Done(); return errBroken })}
	if err := lifecycle(t.Context(), time.Minute, signals, noExit(t), broken); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the error of the last moments", err)
	}
}

func TestServiceThatIsDoneDoesNotEndTheOthers(t *testing.T) {
	first, signals := make(chan struct{}), make(chan os.Signal, 1)
	short := Named{"initializer", serviceFunc(func(context.Context) error { close(first); return nil })}
	long := Named{"finder", serviceFunc(func(ctx context.Context) error {
		<-first
		select {
		case <-ctx.Done():
			return errBroken
		case <-time.After(50 * time.Millisecond):
		}
		signals <- syscall.SIGTERM
		<-ctx.Done()
		return nil
	})}
	if err := lifecycle(t.Context(), time.Minute, signals, noExit(t), short, long); err != nil {
		t.Errorf("got %v, want an orderly end", err)
	}
}

func TestOverdueServicesAreNamed(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	stuck := func(name string) Named {
		return Named{name, serviceFunc(func(context.Context) error { <-release; return nil })}
	}
	broken := Named{"monitor", serviceFunc(func(context.Context) error { return errBroken })}
	began := time.Now()
	err := lifecycle(t.Context(), 30*time.Millisecond, nil, noExit(t), stuck("writer"), obedient("finder"), stuck("api"), broken)
	if err == nil || !strings.Contains(err.Error(), "still running: api, writer") {
		t.Errorf("got %v, want the two that are stuck", err)
	}
	if !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the cause too", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("got an end after %s, want about the grace", took)
	}
}

func TestSecondSignalExits(t *testing.T) {
	release, signals := make(chan struct{}), make(chan os.Signal, 2)
	defer close(release)
	signals <- syscall.SIGTERM
	signals <- syscall.SIGINT
	stuck := Named{"writer", serviceFunc(func(context.Context) error { <-release; return nil })}
	status := 0
	if err := lifecycle(t.Context(), time.Minute, signals, func(s int) { status = s }, stuck); err == nil {
		t.Error("got no error")
	}
	if status != Interrupted {
		t.Errorf("got exit %d, want %d", status, Interrupted)
	}
}

// program starts this binary as a process under test and waits for a line of it.
func program(t *testing.T, kind string, environ ...string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), role+"="+kind), environ...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	reader := bufio.NewReader(out)
	expect(t, reader, "running")
	return cmd, reader
}

func expect(t *testing.T, out *bufio.Reader, want string) {
	t.Helper()
	if got, _ := out.ReadString('\n'); got != want+"\n" {
		t.Fatalf("got line %q, want %q", got, want)
	}
}

func send(t *testing.T, cmd *exec.Cmd, s os.Signal) {
	t.Helper()
	if err := cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func status(t *testing.T, cmd *exec.Cmd, out *bufio.Reader) (int, string) {
	t.Helper()
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(rest)
}

func TestProcessEndsWithZeroAfterOneSignal(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		cmd, out := program(t, "obedient")
		send(t, cmd, s)
		if got, rest := status(t, cmd, out); got != 0 || rest != "asked to stop\n" {
			t.Errorf("%s: got status %d and %q, want 0", s, got, rest)
		}
	}
}

func TestProcessEndsAtOnceAfterTwoSignals(t *testing.T) {
	cmd, out := program(t, "stubborn")
	send(t, cmd, syscall.SIGTERM)
	expect(t, out, "asked to stop")
	send(t, cmd, syscall.SIGINT)
	if got, _ := status(t, cmd, out); got != Interrupted {
		t.Errorf("got status %d, want %d", got, Interrupted)
	}
}

func TestProcessEndsAfterItsGrace(t *testing.T) {
	cmd, out := program(t, "stubborn", "APP_TEST_GRACE=1")
	send(t, cmd, syscall.SIGTERM)
	expect(t, out, "asked to stop")
	if got, rest := status(t, cmd, out); got != 1 || !strings.Contains(rest, "still running: stubborn") {
		t.Errorf("got status %d and %q, want 1 and the service named", got, rest)
	}
}
