package budget

import (
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
