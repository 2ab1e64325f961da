//go:build containers

package testkit

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/nats"
	"github.com/testcontainers/testcontainers-go/modules/postgres"
)

// The images, or what POSTGRES_IMAGE and NATS_IMAGE name in their place.
var (
	postgresImage = cmp.Or(os.Getenv("POSTGRES_IMAGE"), "postgres:15")
	natsImage     = cmp.Or(os.Getenv("NATS_IMAGE"), "nats:2.15")
)

// startPostgres runs a server in a container. Its roles need no password.
func startPostgres(ctx context.Context) (dsn, how string, err error) {
	container, err := postgres.Run(ctx, postgresImage, postgres.BasicWaitStrategies(),
		testcontainers.WithEnv(map[string]string{"POSTGRES_HOST_AUTH_METHOD": "trust"}))
	if err != nil {
		return "", "", fmt.Errorf("run %s: %w", postgresImage, err)
	}
	atEnd(func() { _ = container.Terminate(context.Background()) }) // the reaper ends what this cannot
	dsn, err = container.ConnectionString(ctx, "sslmode=disable")
	return dsn, "a container of " + postgresImage, err
}

func startNATS(t testing.TB) string {
	t.Helper()
	container, err := nats.Run(t.Context(), natsImage)
	if err != nil {
		t.Fatalf("run %s: %v", natsImage, err)
	}
	t.Cleanup(func() { _ = container.Terminate(context.Background()) }) // the reaper ends what this cannot
	url, err := container.ConnectionString(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return url
}
