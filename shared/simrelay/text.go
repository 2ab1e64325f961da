package simrelay

import (
	"math"
	"math/rand/v2"
	"strings"
)

// vocabularies give notes the scripts of the network: most Latin, then Japanese, Cyrillic, Arabic, Thai, emoji.
var vocabularies = [][]string{
	strings.Fields("the a relay is down again gm nostr who zaps my note today bitcoin price freedom and I think we should build more " +
		"small clients because every big one became slow does anyone know how long blossom uploads take on mobile data please help"),
	strings.Fields("hoje acordei cedo café não há relé que aguente São Paulo está em festa você viu a notícia ação coração"),
	strings.Fields("heute früh Käffchen über größere Straßen schön Grüße aus München Relais läuft wieder natürlich für alle"),
	strings.Fields("おはよう ございます 今日は いい 天気 リレー が 落ちた ノストラ 楽しい 猫 写真 🐈 ありがとう"),
	strings.Fields("сегодня реле снова не работает доброе утро друзья свобода слова это важно посмотрите 🌅"),
	strings.Fields("صباح الخير اليوم جميل المرحل لا يعمل شكرا 🌙"),
	strings.Fields("สวัสดี ตอนเช้า วันนี้ อากาศ ดี รีเลย์ 🙏"),
	strings.Fields("🤙 ⚡ 🫂 👀 🚀 🔥 💜 😂 ✨ 🥱"),
}

// weights of the vocabularies in percent.
var vocabularyWeights = []int{58, 10, 8, 10, 5, 3, 2, 4}

// topics are the values of t tags.
var topics = strings.Fields("nostr bitcoin grownostr zap art photography introductions foodstr plebchain asknostr 日本 música")

// pick draws an index by weight.
func pick(rng *rand.Rand, weights []int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := rng.IntN(sum)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// prose writes about so many bytes of text in one language, with line breaks and quotes as people do.
func prose(rng *rand.Rand, size int) string {
	words := vocabularies[pick(rng, vocabularyWeights)]
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(words[rng.IntN(len(words))])
		switch rng.IntN(24) {
		case 0:
			b.WriteString("\n\n")
		case 1:
			b.WriteString(`, "`)
			b.WriteString(words[rng.IntN(len(words))])
			b.WriteString(`" `)
		case 2:
			b.WriteString(". ")
		default:
			b.WriteByte(' ')
		}
	}
	return strings.TrimSpace(b.String())
}

// lengthLike draws a length with the given median and a long tail (log-normal), cut at most.
func lengthLike(rng *rand.Rand, median, sigma, most float64) int {
	return int(min(most, median*math.Exp(sigma*rng.NormFloat64())))
}
