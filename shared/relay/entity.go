package relay

import "strings"

// NIP-19 entities that carry relays, with the TLV type under which they do.
var entityRelayTLV = map[string]byte{"nprofile": 1, "nevent": 1, "naddr": 1, "nrelay": 0}

const (
	bech32Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	bech32Checksum = 6
	maxEntity      = 5_000
)

// entityRelays lists the relays in the NIP-19 entities of a text, with or without `nostr:` before them. Entities whose
// checksum is wrong are passed over.
func entityRelays(text string) []string {
	var out []string
	for text != "" && len(out) < MaxFoundEvent {
		start := strings.Index(text, "1")
		if start < 0 {
			return out
		}
		word := bech32Run(text[start+1:])
		if tlv, name := entityBefore(text[:start]); name != "" && len(word) <= maxEntity {
			out = append(out, tlvValues(bech32Decode(name, word), tlv)...)
		}
		text = text[start+1+len(word):]
	}
	return out
}

func entityBefore(head string) (tlv byte, name string) {
	for name, tlv := range entityRelayTLV {
		if strings.HasSuffix(head, name) {
			return tlv, name
		}
	}
	return 0, ""
}

func bech32Run(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(bech32Alphabet, r) })
	if end < 0 {
		return s
	}
	return s[:end]
}

// bech32Decode returns the bytes behind a BIP-173 text, nil when its checksum is wrong.
func bech32Decode(prefix, data string) []byte {
	sum := uint32(1)
	for _, v := range expandPrefix(prefix) {
		sum = polymod(sum, v)
	}
	var out []byte
	var bits, width uint32
	for i := range len(data) {
		v := byte(strings.IndexByte(bech32Alphabet, data[i]))
		sum = polymod(sum, v)
		if i >= len(data)-bech32Checksum {
			continue
		}
		bits, width = (bits<<5|uint32(v))&0xfff, width+5
		if width >= 8 {
			width -= 8
			out = append(out, byte(bits>>width))
		}
	}
	if sum != 1 || len(data) < bech32Checksum {
		return nil
	}
	return out
}

func expandPrefix(prefix string) []byte {
	var high, low []byte
	for i := range len(prefix) {
		high, low = append(high, prefix[i]>>5), append(low, prefix[i]&31)
	}
	return append(append(high, 0), low...)
}

func polymod(sum uint32, v byte) uint32 {
	top := sum >> 25
	sum = sum&0x1ffffff<<5 ^ uint32(v)
	for i, generator := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
		if top>>i&1 == 1 {
			sum ^= generator
		}
	}
	return sum
}

// tlvValues lists the values of one type in a NIP-19 type-length-value list, as far as it is whole.
func tlvValues(data []byte, kind byte) []string {
	var out []string
	for len(data) >= 2 && len(data) >= 2+int(data[1]) {
		if data[0] == kind {
			out = append(out, string(data[2:2+int(data[1])]))
		}
		data = data[2+int(data[1]):]
	}
	return out
}
