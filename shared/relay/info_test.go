package relay

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestParseInfo(t *testing.T) {
	for in, want := range map[string]Info{
		`{}`: {},
		`{"name":"n","software":"s","version":"v","supported_nips":[1,11,1],"limitation":{"max_limit":500,"default_limit":100,"max_subscriptions":20,"max_message_length":65536,"auth_required":true,"payment_required":true,"restricted_writes":true}}`: {
			Claims: Claims{Name: "n", Software: "s", Version: "v", SupportedNIPs: []int{1, 11}, MaxLimit: 500, DefaultLimit: 100,
				MaxSubscriptions: 20, MaxMessageLength: 65536, AuthRequired: true, PaymentRequired: true, RestrictedWrites: true}},
		`{"name":7,"version":"v","supported_nips":[1,"2",true,4.5,null,-1,11,1e9],"limitation":{"max_limit":"500","default_limit":7,"auth_required":1}}`: {
			Claims: Claims{Version: "v", SupportedNIPs: []int{1, 2, 11}, DefaultLimit: 7}},
		`{"supported_nips":["A0","ee","5A",1,"EE","01","7","",".5","-1","99999","1e1","0x1","ABC","G0","a","\u0000","true","null",[],{"a":1},"99"]}`: {
			Claims: Claims{SupportedNIPs: []int{1, 7, 99}, LetterNIPs: []string{"A0", "EE", "5A"}}},
		`{"name":"n","supported_nips":{"1":1},"limitation":[]}`: {Claims: Claims{Name: "n"}},
		"\ufeff" + `{"name":"n"}`:                               {Claims: Claims{Name: "n"}},
		`{"limitation":{"auth_required":false,"payment_required":null,"restricted_writes":false}}`: {
			Claims: Claims{Denies: []string{"auth_required", "restricted_writes"}}},
		`{"limitation":{"max_limit":-1,"max_subscriptions":1e30}}`: {},
	} {
		got, ok := ParseInfo([]byte(in))
		if got.Raw = nil; !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("ParseInfo(%s) got %+v %v, want %+v", in, got, ok, want)
		}
	}
	for _, in := range []string{``, `[]`, `null`, `"x"`, `{"name":"n",}`, `<html>`, `{}{}`, strings.Repeat(`{"a":`, 30_000)} {
		if got, ok := ParseInfo([]byte(in)); ok {
			t.Errorf("ParseInfo(%.40q) got %+v, want it refused", in, got)
		}
	}
	long, _ := ParseInfo([]byte(`{"name":"` + strings.Repeat("\u00e9", 500) + `","supported_nips":[0` + strings.Repeat(",1", 999) + `]}`))
	if len(long.Name) > maxWord || len(long.SupportedNIPs) != 2 {
		t.Errorf("ParseInfo of a long document got %d bytes of name, %d NIPs", len(long.Name), len(long.SupportedNIPs))
	}
}

// numbersInTexts are the NIPs that a document names as texts, as software in the field does.
func numbersInTexts(doc []byte) (nips []int) {
	var said struct {
		NIPs []any `json:"supported_nips"`
	}
	_ = json.Unmarshal(doc, &said) // most are of another form
	for _, nip := range said.NIPs {
		text, _ := nip.(string)
		if n, err := strconv.Atoi(text); err == nil {
			nips = append(nips, n)
		}
	}
	return nips
}

// TestRealInfo compares our reading with the one that the data files give, field by field.
func TestRealInfo(t *testing.T) {
	n := 0
	for _, name := range []string{"nip11/documents.jsonl", "nip11/malformed.jsonl"} {
		for _, line := range dataLines(t, name) {
			var c struct {
				Doc    json.RawMessage
				Parsed struct {
					Name, Software, Version string
					SupportedNIPs           []int `json:"supported_nips"`
					Limitation              struct {
						MaxLimit     int  `json:"max_limit"`
						AuthRequired bool `json:"auth_required"`
					}
				} `json:"upstream_parse"`
			}
			if err := json.Unmarshal([]byte(line), &c); err != nil {
				t.Fatal(err)
			}
			got, ok := ParseInfo(c.Doc)
			want := c.Parsed
			nips := slices.DeleteFunc(want.SupportedNIPs, func(n int) bool { return n < 0 }) // there is no negative NIP
			nips = append(nips, numbersInTexts(c.Doc)...)                                    // which the others leave out
			if !ok || got.Name != want.Name || got.Software != want.Software || got.Version != want.Version ||
				!sameNIPs(got.SupportedNIPs, nips) || got.MaxLimit != want.Limitation.MaxLimit || got.AuthRequired != want.Limitation.AuthRequired {
				t.Errorf("ParseInfo(%.120s) got %+v, want %+v", c.Doc, got, want)
			}
			n++
		}
	}
	t.Logf("%d documents", n)
}

func sameNIPs(a, b []int) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, slices.Compact(b))
}

func TestInfo(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") != "application/nostr+json" || r.UserAgent() != "BigBrotr" {
			w.WriteHeader(http.StatusBadRequest)
		}
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Content-Type", "application/json")
		flush := w.(http.Flusher)
		for _, piece := range []string{`{"name"`, `:"n"`, `}`} { // chunked, without a length
			_, _ = w.Write([]byte(piece))
			flush.Flush()
		}
	}))
	t.Cleanup(server.Close)
	info, err := localDialer().Info(t.Context(), URL("ws"+server.URL[4:]))
	if err != nil || info.Name != "n" || info.CORS != (CORS{Origin: "*"}) || info.Status != 200 || info.ContentType != "application/json" || string(info.Raw) != `{"name":"n"}` {
		t.Errorf("Info got %+v and %v", info, err)
	}
}

func TestInfoFailures(t *testing.T) {
	inside := newCanary(t, "127.0.0.2:0")
	zeros := make([]byte, 8<<20)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(zeros)
	_ = z.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/big", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zeros) })
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"name":`))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`{"name":"n"}`))
	})
	mux.HandleFunc("/html", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	mux.HandleFunc("/hop", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+inside.Addr().String(), http.StatusFound)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	d := NewDialer(Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	for path, want := range map[string]string{
		"/big": "too_large", "/bomb": "too_large", "/slow": "timeout", "/short": "disconnect", "/html": "malformed",
		"/hop": "reserved", "/nothing": "upgrade_404",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		info, err := d.Info(ctx, URL("ws"+server.URL[4:]+path))
		cancel()
		if ReasonOf(err) != want || len(info.Raw) > MaxInfo {
			t.Errorf("Info of %s got %d bytes and %v, want %s", path, len(info.Raw), err, want)
		}
	}
	if inside.reached.Load() != 0 {
		t.Error("the target of a redirect was reached")
	}
}

func TestInfoCases(t *testing.T) {
	for _, line := range dataLines(t, "nip11/http_cases.jsonl") {
		var c struct {
			Name    string
			Status  int
			Headers map[string]string
			Body    string `json:"body_b64"`
			Rule    string `json:"upstream_rule"`
		}
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		body, err := base64.StdEncoding.DecodeString(c.Body)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for k, v := range c.Headers {
				w.Header().Set(k, v)
			}
			w.WriteHeader(c.Status)
			_, _ = w.Write(body)
		}))
		info, err := localDialer().Info(t.Context(), URL("ws"+server.URL[4:]))
		server.Close()
		// A JSON object under the wrong content type, or behind a BOM, is still what the relay says about itself.
		lenient := c.Name == "ct_missing" || c.Name == "ct_text_plain" || c.Name == "bom"
		if want := lenient || !strings.HasPrefix(c.Rule, "reject"); (err == nil) != want || !bytes.Equal(info.Raw, body) {
			t.Errorf("%s: Info got %v and %d bytes, want accepted %v and %d bytes", c.Name, err, len(info.Raw), want, len(body))
		}
	}
}

func FuzzInfo(f *testing.F) {
	for _, s := range []string{`{}`, `{"name":"\ud800","supported_nips":[1,"x"],"limitation":{"max_limit":1e9}}`, `[`, `{"limitation":null}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		info, ok := ParseInfo(raw)
		if !bytes.Equal(info.Raw, raw) || len(info.Name) > 3*maxWord || len(info.SupportedNIPs) > maxNIPs {
			t.Fatalf("ParseInfo(%q) got %+v", raw, info)
		}
		if valid := json.Valid(bytes.TrimPrefix(raw, []byte("\ufeff"))); ok && !valid {
			t.Fatalf("ParseInfo(%q) accepted what is not JSON", raw)
		}
	})
}

func TestTidy(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "a\x00b\x1bc\nd": "a b c d", "\xff\xfe!": "\ufffd!", "a\u202eb\u2066c": "a b c", "\u2028": " ",
		strings.Repeat("ü", 10): strings.Repeat("ü", 5), "123456789\xe2\x82\xac": "123456789", "": "",
	} {
		if got := Tidy(in, 10); got != want {
			t.Errorf("Tidy(%q) got %q, want %q", in, got, want)
		}
	}
}

func FuzzTidy(f *testing.F) {
	f.Add("a\x00\u202e\xff", 3)
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = min(max(most, 0), 1<<16)
		got := Tidy(s, most)
		if len(got) > most || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) || Tidy(got, most) != got {
			t.Fatalf("Tidy(%q, %d) got %q", s, most, got)
		}
	})
}

// TestInfoLeavesNoDialBehind asks relays that take a connection and never say a word: the sockets must end with the question.
func TestInfoLeavesNoDialBehind(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	d := NewDialer(Options{Allow: loopback})
	for _, scheme := range []string{"ws", "wss"} {
		u, err := d.Parser().Parse(scheme + "://" + silent.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		asked := make(chan error, 1)
		go func() { _, err := d.Info(ctx, u); asked <- err }()
		conn, err := silent.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if err := <-asked; ReasonOf(err) != "timeout" {
			t.Errorf("%s: got %v, want a timeout", scheme, err)
		}
		cancel()
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: got %v after the question ended, want the end of the connection", scheme, err)
		}
		_ = conn.Close()
	}
}
