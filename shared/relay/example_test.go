package relay_test

import (
	"fmt"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

func ExampleParseFound() {
	for _, found := range relay.ParseFound([]byte("wss://Relay.Example.com/\n# a comment\nws://127.0.0.1\n")) {
		fmt.Println(found.URL, found.URL.Network(), found.Err)
	}
	// Output:
	// wss://relay.example.com clearnet <nil>
	//  clearnet read relay URL: local: the host is a single word, a reserved name or a private address
}
