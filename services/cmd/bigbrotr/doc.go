// Command bigbrotr is the one binary: it runs the services and holds the operator's verbs.
//
// stdout is data, stderr is words. Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 partial, 5 a dependency cannot be
// reached, 6 a comparison did not match, 130 interrupted; status has codes of its own.
//
//	main.go     the tree of verbs, exit codes       output.go   forms of output
//	dial.go     connections of the verbs
//	one file per verb
package main
