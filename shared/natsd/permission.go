package natsd

import (
	"fmt"
	"strings"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

// ServiceInbox is the inbox prefix of our own services wherever there are other users. Messages of work queues reach a
// service in its inbox, so an inbox under the ordinary _INBOX, which every tool may subscribe to, would show them.
const ServiceInbox = subject.ServiceInbox

// User is one account name and what it may do. An empty Publish or Subscribe allows everything; the deny lists win.
type User struct {
	Name, Password           string
	Publish, DenyPublish     []string
	Subscribe, DenySubscribe []string
}

// publicStreams are the streams an outsider may read; reservedConsumers are ours on them.
var (
	publicStreams     = []string{"EVENTS", "RELAYS"}
	reservedConsumers = []string{"finder"}
)

// consumerVerbs are the API verbs below $JS.API.CONSUMER that an outside tool needs for consumers of its own, each with
// what follows the stream's name.
var consumerVerbs = []string{
	"CREATE.%s", "CREATE.%s.>", "DURABLE.CREATE.%s.>", "INFO.%s.>", "MSG.NEXT.%s.>", "DELETE.%s.>", "RESET.%s.>",
	"NAMES.%s", "LIST.%s",
}

// reservedVerbs are the verbs that would move or remove a consumer of ours.
var reservedVerbs = []string{
	"CREATE.%s.%s", "CREATE.%s.%s.>", "DURABLE.CREATE.%s.%s", "MSG.NEXT.%s.%s", "DELETE.%s.%s", "RESET.%s.%s",
}

// LeastPrivilegeTool is a user for anybody's program, the nats CLI included: it announces relays, asks the
// finder about them, and reads EVENTS and RELAYS with consumers of its own. It sees no work queue, changes no stream, and publishes nothing else. It has no
// password yet.
//
// One thing permissions cannot take away: a server answers on whatever reply or deliver subject a request names, so
// a tool can make it repeat public messages or API answers on another subject. Bodies and headers of private
// streams are therefore parsed as strictly as a stranger's.
func LeastPrivilegeTool() User {
	u := User{
		Name:          "tool",
		Publish:       []string{"brotr.relay.found", "brotr.relay.found.>", "brotr.svc.relay.add", "brotr.svc.relay.check", "$JS.API.INFO"},
		Subscribe:     []string{"brotr.event.>", "brotr.relay.>", "brotr.check.>", "_INBOX.>"},
		DenySubscribe: []string{"brotr.relay.found", "brotr.relay.found.>"},
	}
	for _, stream := range publicStreams {
		u.Publish = append(u.Publish, streamReads(stream)...)
		u.DenyPublish = append(u.DenyPublish, reserved(stream)...)
	}
	return u
}

// streamReads lists the subjects with which one stream is read.
func streamReads(stream string) []string {
	subjects := []string{
		"$JS.API.STREAM.INFO." + stream, "$JS.API.STREAM.MSG.GET." + stream,
		"$JS.API.DIRECT.GET." + stream, "$JS.API.DIRECT.GET." + stream + ".>",
		"$JS.ACK." + stream + ".>", "$JS.FC." + stream + ".>",
	}
	for _, verb := range consumerVerbs {
		subjects = append(subjects, "$JS.API.CONSUMER."+fmt.Sprintf(verb, stream))
	}
	return subjects
}

// reserved lists the subjects with which an outsider could disturb our own consumers of one stream.
func reserved(stream string) []string {
	var subjects []string
	for _, consumer := range reservedConsumers {
		subjects = append(subjects, "$JS.ACK."+stream+"."+consumer+".>")
		for _, verb := range reservedVerbs {
			subjects = append(subjects, "$JS.API.CONSUMER."+fmt.Sprintf(verb, stream, consumer))
		}
	}
	return subjects
}

// accounts translates users for the server.
func accounts(users []User) []*server.User {
	var out []*server.User
	for _, u := range users {
		out = append(out, &server.User{Username: u.Name, Password: u.Password, Permissions: &server.Permissions{
			Publish:   subjectRule(u.Publish, u.DenyPublish),
			Subscribe: subjectRule(u.Subscribe, u.DenySubscribe),
		}})
	}
	return out
}

func subjectRule(allow, deny []string) *server.SubjectPermission {
	if len(allow) == 0 && len(deny) == 0 {
		return nil
	}
	return &server.SubjectPermission{Allow: allow, Deny: deny}
}

// Conf renders users as the authorization block of a nats.conf. Passwords are not written: each is read from the
// environment variable NATS_<NAME>_PASSWORD of the server, which must hold a string, not a bare number.
func Conf(users []User) string {
	var b strings.Builder
	b.WriteString("authorization {\n  users = [\n")
	for _, u := range users {
		fmt.Fprintf(&b, "    {\n      user: %q\n      password: $NATS_%s_PASSWORD\n      permissions {\n", u.Name,
			strings.ToUpper(u.Name))
		writeRule(&b, "publish", u.Publish, u.DenyPublish)
		writeRule(&b, "subscribe", u.Subscribe, u.DenySubscribe)
		b.WriteString("      }\n    }\n")
	}
	b.WriteString("  ]\n}\n")
	return b.String()
}

func writeRule(b *strings.Builder, verb string, allow, deny []string) {
	if len(allow) == 0 && len(deny) == 0 {
		return
	}
	fmt.Fprintf(b, "        %s {\n", verb)
	for _, list := range []struct {
		name     string
		subjects []string
	}{{"allow", allow}, {"deny", deny}} {
		if len(list.subjects) > 0 {
			fmt.Fprintf(b, "          %s: [\n            \"%s\"\n          ]\n", list.name,
				strings.Join(list.subjects, "\"\n            \""))
		}
	}
	b.WriteString("        }\n")
}
