package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// role makes this test binary a process under test instead.
const role = "APP_TEST_ROLE"

func TestMain(m *testing.M) {
	if r := os.Getenv(role); r != "" {
		os.Exit(process(r))
	}
	goleak.VerifyTestMain(m)
}

// process is a program with one service: obedient ends with its context, stubborn does not.
func process(kind string) int {
	service := Named{kind, serviceFunc(func(ctx context.Context) error {
		fmt.Println("running")
		<-ctx.Done()
		fmt.Println("asked to stop")
		if kind == "stubborn" {
			select {}
		}
		return nil
	})}
	grace := time.Minute
	if os.Getenv("APP_TEST_GRACE") != "" {
		grace = 50 * time.Millisecond
	}
	if err := Run(context.Background(), slog.New(slog.DiscardHandler), grace, service); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

type serviceFunc func(ctx context.Context) error

func (f serviceFunc) Run(ctx context.Context) error { return f(ctx) }

var errBroken = errors.New("broken")

// obedient is a service that ends with its context.
func obedient(name string) Named {
	return Named{name, serviceFunc(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })}
}
