// Package compose holds no code, only the tests of docker-compose.yml.
//
// It owns two promises. Every container of the stack is confined as the file says, which is read from
// the file itself on every test run. And the stack works: the initializer prepares it and ends, a relay
// injected over NATS is archived completely although a synchronizer is killed on the way, and each user of
// NATS may do its service's work and nothing else. The second kind needs a Docker engine and the build tag
// compose; `make compose-test` prepares the images and runs it.
//
// It does not own what the services do; their own packages do.
//
//	file_test.go    docker-compose.yml read as text
//	settings_test.go every setting of .env.example reaches a container
//	stack_test.go   a stack under a name of its own, up and down
//	nats_test.go    enough of the NATS protocol to publish as one user
//	archive_test.go one relay from the injection to Postgres
//	users_test.go   who may publish and subscribe to what
package compose
