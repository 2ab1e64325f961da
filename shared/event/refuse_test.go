package event

import "strings"

// good is an event that Parse accepts.
var good = made{}.json()

// refused are texts that Parse refuses.
var refused = []struct {
	name, raw string
	want      Reason
}{
	{"empty", ``, BadShape},
	{"null", `null`, BadShape},
	{"array", `[]`, BadShape},
	{"empty object", `{}`, BadShape},
	{"byte order mark", "\ufeff" + good, BadShape},
	{"trailing byte", good + "x", BadJSON},
	{"second object", good + good, BadJSON},
	{"cut", good[:len(good)-1], BadJSON},
	{"cut in a string", good[:len(good)-20], BadJSON},
	{"trailing comma", good[:len(good)-1] + ",}", BadJSON},
	{"tags never closed", `{"tags":[[`, BadShape},
	{"too many tags", made{hashedTags: "[" + strings.Repeat("[],", MaxTags) + "[]]"}.json(), TooManyTags},
	{"too many strings", made{hashedTags: "[[" + strings.Repeat(`"",`, MaxTagElements) + `""]]`}.json(), TooManyTags},
	{"too large", made{hashedContent: `"` + strings.Repeat("a", MaxBytes) + `"`}.json(), TooLarge},
	{"too large once escaped", made{hashedContent: `"` + strings.Repeat(`\u007f`, 100_000) + `"`, sentContent: `"` + strings.Repeat("\x7f", 100_000) + `"`}.json(), TooLarge},
}

// refusedChanges are changes of one place in good that make Parse refuse it.
var refusedChanges = []struct {
	name, old, new string
	want           Reason
}{
	{"raw bad UTF-8", `"content":""`, "\"content\":\"\xff\"", BadUTF8},
	{"raw surrogate bytes", `"content":""`, "\"content\":\"\xed\xa0\x80\"", BadUTF8},
	{"raw control", `"content":""`, "\"content\":\"\x01\"", BadJSON},
	{"raw tab", `"content":""`, "\"content\":\"\t\"", BadJSON},
	{"raw NUL", `"content":""`, "\"content\":\"\x00\"", BadJSON},
	{"unknown escape", `"content":""`, `"content":"\a"`, BadJSON},
	{"short escape", `"content":""`, `"content":"\u12"`, BadJSON},
	{"no content", `"content":"",`, ``, BadShape},
	{"null content", `"content":""`, `"content":null`, BadShape},
	{"content twice", `"content":""`, `"content":"","content":""`, BadShape},
	{"content twice, once in escapes", `"content":""`, `"content":"","c\u006fntent":""`, BadShape},
	{"content in another case", `"content"`, `"Content"`, BadShape},
	{"tags null", `"tags":[]`, `"tags":null`, BadShape},
	{"tags object", `"tags":[]`, `"tags":{}`, BadShape},
	{"tag string", `"tags":[]`, `"tags":["e"]`, BadShape},
	{"tag number", `"tags":[]`, `"tags":[["e",1]]`, BadShape},
	{"tag null", `"tags":[]`, `"tags":[["e",null]]`, BadShape},
	{"tag nested", `"tags":[]`, `"tags":[["e",["x"]]]`, BadShape},
	{"tag with a comma too much", `"tags":[]`, `"tags":[["e",]]`, BadShape},
	{"kind 65536", `"kind":1`, `"kind":65536`, BadNumber},
	{"kind negative", `"kind":1`, `"kind":-1`, BadNumber},
	{"kind with fraction", `"kind":1`, `"kind":1.0`, BadNumber},
	{"kind with exponent", `"kind":1`, `"kind":1e0`, BadNumber},
	{"kind with leading zero", `"kind":1`, `"kind":01`, BadNumber},
	{"kind string", `"kind":1`, `"kind":"1"`, BadShape},
	{"created_at 2^63", `1700000000`, `9223372036854775808`, BadNumber},
	{"created_at 1e30", `1700000000`, `1000000000000000000000000000000`, BadNumber},
	{"created_at minus zero", `1700000000`, `-0`, BadNumber},
	{"created_at null", `1700000000`, `null`, BadShape},
	{"upper-case pubkey", `f9308a`, `F9308A`, BadHex},
	{"escaped pubkey", `f9308a`, `\u00669308a`, BadHex},
	{"short id", `"id":"`, `"id":"","i":"`, BadHex},
	{"long sig", `"sig":"`, `"sig":"00`, BadHex},
	{"other id", `"id":"`, `"id":"` + strings.Repeat("ab", 32) + `","i":"`, IDMismatch},
	{"unknown member cut", `{`, `{"x":[1,`, BadJSON},
	{"unknown member mismatched", `{`, `{"x":[1},`, BadJSON},
	{"unknown member with a bare word", `{`, `{"x":nul,`, BadJSON},
	{"unknown member with leading zero", `{`, `{"x":01,`, BadJSON},
	{"unknown member with a bare name", `{`, `{"x":{a:1},`, BadJSON},
	{"unknown member with a comma too much", `{`, `{"x":[1,],`, BadJSON},
	{"nested over the bound", `{`, `{"x":` + strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1) + `,`, BadJSON},
}
