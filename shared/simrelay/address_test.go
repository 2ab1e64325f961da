package simrelay

import "testing"

// What a test remembers of a relay that is gone must not be taken for what it asked of the next.
func TestAddressesNeverComeTwice(t *testing.T) {
	given := map[string]bool{}
	for range 1_000 {
		address, err := FreeAddress()
		if err != nil {
			t.Fatal(err)
		}
		if given[address] {
			t.Fatalf("got %s twice", address)
		}
		given[address] = true
	}
}
