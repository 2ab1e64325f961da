package simrelay

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// recipe writes tags and content of one kind.
type recipe struct {
	kind   uint16
	weight int // per thousand
	write  func(*draft) (tags [][]string, content string)
}

// recipes are the mix of the corpus that the limits of the archive were measured with.
var recipes = []recipe{
	{1, 430, writeNote}, {7, 310, writeReaction}, {0, 64, writeProfile}, {6, 59, writeRepost}, {9735, 60, writeZap},
	{3, 35, writeFollows}, {30023, 8, writeArticle}, {10002, 12, writeRelayList}, {5, 5, writeDeletion},
	{1059, 9, writeGiftWrap}, {30078, 4, writeAppData}, {1984, 2, writeReport}, {9802, 2, writeHighlight},
}

var recipeWeights = func() []int {
	w := make([]int, len(recipes))
	for i, r := range recipes {
		w[i] = r.weight
	}
	return w
}()

// draft is one event before it is signed: its own random source, and what was written before it.
type draft struct {
	rng    *rand.Rand
	world  *World
	author int
	past   []event.Event
}

// earlier returns an event from the past, or one with made-up ids where there is no past yet: real events refer to
// events that nobody has, too.
func (d *draft) earlier() event.Event {
	if len(d.past) == 0 {
		var e event.Event
		d.fill(e.ID[:])
		d.fill(e.PubKey[:])
		e.Kind = 1
		return e
	}
	back := d.rng.ExpFloat64() * float64(len(d.past)) / 20 // people answer what is recent
	return d.past[max(0, len(d.past)-1-int(back))]
}

func (d *draft) fill(b []byte) {
	for i := range b {
		b[i] = byte(d.rng.Uint32())
	}
}

func (d *draft) hex(n int) string {
	b := make([]byte, n)
	d.fill(b)
	return hex.EncodeToString(b)
}

func (d *draft) relay() string {
	if urls := d.world.cfg.RelayURLs; len(urls) > 0 {
		return urls[d.rng.IntN(len(urls))]
	}
	return ""
}

// stranger draws an author by popularity.
func (d *draft) stranger() event.PubKey { return d.world.pubkeys[d.world.zipf(d.rng)] }

func writeNote(d *draft) ([][]string, string) {
	var tags [][]string
	if d.rng.IntN(100) < 55 {
		parent := d.earlier()
		tags = append(tags, []string{"e", parent.ID.String(), d.relay(), "root"}, []string{"p", parent.PubKey.String()})
	}
	if d.rng.IntN(100) < 20 {
		tags = append(tags, []string{"t", topics[d.rng.IntN(len(topics))]})
	}
	if d.rng.IntN(100) < 8 {
		tags = append(tags, []string{"r", "https://example.com/" + d.hex(4)})
	}
	if d.rng.IntN(1000) < 5 {
		tags = append(tags, []string{"expiration", strconv.FormatInt(d.world.cfg.Until.Unix()+int64(d.rng.IntN(1e7)), 10)})
	}
	return tags, prose(d.rng, lengthLike(d.rng, 140, 1, 20_000))
}

func writeReaction(d *draft) ([][]string, string) {
	to := d.earlier()
	tags := [][]string{{"e", to.ID.String(), d.relay()}, {"p", to.PubKey.String()}, {"k", strconv.Itoa(int(to.Kind))}}
	return tags, []string{"+", "🤙", "❤️", "🔥", "-", ":soap:"}[d.rng.IntN(6)]
}

func writeProfile(d *draft) ([][]string, string) {
	name := prose(d.rng, 6)
	content, _ := json.Marshal(map[string]string{ // strings always encode
		"name": name, "about": prose(d.rng, lengthLike(d.rng, 120, 0.8, 2000)), "picture": "https://example.com/" + d.hex(8) + ".jpg",
		"nip05": d.hex(4) + "@example.com", "lud16": d.hex(4) + "@example.com",
	})
	return nil, string(content)
}

func writeRepost(d *draft) ([][]string, string) {
	of := d.earlier()
	tags := [][]string{{"e", of.ID.String(), d.relay()}, {"p", of.PubKey.String()}}
	if len(of.Content) == 0 || d.rng.IntN(3) == 0 || len(of.Content)+len(of.Tags) > 20_000 {
		return tags, ""
	}
	d.fill(of.Sig[:]) // signatures differ from run to run; with a real one inside, so would the id of the repost
	return tags, string(of.AppendJSON(nil))
}

func writeZap(d *draft) ([][]string, string) {
	to := d.earlier()
	amount := strconv.Itoa(1000 * (1 + d.rng.IntN(5000)))
	request := fmt.Sprintf(`{"kind":9734,"content":"","tags":[["e","%s"],["p","%s"],["amount","%s"],["relays","%s"]],"pubkey":"%s","id":"%s","sig":"%s"}`,
		to.ID, to.PubKey, amount, d.relay(), d.stranger(), d.hex(32), d.hex(64))
	return [][]string{{"p", to.PubKey.String()}, {"e", to.ID.String()}, {"bolt11", "lnbc" + d.hex(120)},
		{"preimage", d.hex(32)}, {"description", request}}, ""
}

func writeFollows(d *draft) ([][]string, string) {
	tags := make([][]string, lengthLike(d.rng, 130, 1.1, 900))
	for i := range tags {
		tags[i] = []string{"p", d.stranger().String(), d.relay()}
	}
	content := ""
	if url := d.relay(); url != "" {
		content = `{"` + url + `":{"read":true,"write":true}}`
	}
	return tags, content
}

func writeArticle(d *draft) ([][]string, string) {
	return [][]string{{"d", "article-" + strconv.Itoa(d.rng.IntN(5))}, {"title", prose(d.rng, 30)}, {"t", topics[d.rng.IntN(len(topics))]}},
		prose(d.rng, lengthLike(d.rng, 4000, 0.8, 60_000))
}

func writeRelayList(d *draft) ([][]string, string) {
	var tags [][]string
	for range 2 + d.rng.IntN(3) {
		if url := d.relay(); url != "" {
			tags = append(tags, append([]string{"r", url}, [][]string{nil, {"read"}, {"write"}}[d.rng.IntN(3)]...))
		}
	}
	return tags, ""
}

func writeDeletion(d *draft) ([][]string, string) {
	of := d.earlier()
	return [][]string{{"e", of.ID.String()}, {"k", strconv.Itoa(int(of.Kind))}}, "mistake"
}

func writeGiftWrap(d *draft) ([][]string, string) {
	return [][]string{{"p", d.stranger().String()}}, d.hex(lengthLike(d.rng, 500, 0.5, 8000))
}

func writeAppData(d *draft) ([][]string, string) {
	return [][]string{{"d", "settings/" + strconv.Itoa(d.rng.IntN(3))}}, `{"theme":"dark","list":["` + d.hex(8) + `"]}`
}

func writeReport(d *draft) ([][]string, string) {
	of := d.earlier()
	return [][]string{{"e", of.ID.String(), "spam"}, {"p", of.PubKey.String(), "spam"}}, ""
}

func writeHighlight(d *draft) ([][]string, string) {
	of := d.earlier()
	return [][]string{{"a", "30023:" + of.PubKey.String() + ":article-0"}, {"context", prose(d.rng, 200)}}, prose(d.rng, 80)
}
