package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ReadList returns the text of the list file that a setting names; more than limit bytes are an error.
func ReadList(setting, path string, limit int) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", setting, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err == nil && len(text) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", setting, err)
	}
	return text, nil
}

// DecodeList decodes the text of a list file, YAML in which an unknown key is an error. An empty one leaves into as it is.
func DecodeList(setting string, text []byte, into any) error {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	err := decoder.Decode(into)
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	if several, ok := errors.AsType[*yaml.TypeError](err); ok {
		err = errors.New(strings.Join(plain(several.Errors), "; "))
	}
	return fmt.Errorf("decode %s: %w", setting, err)
}

// goType is how the decoder names what it wanted; people write YAML.
var goType = regexp.MustCompile(`(?s) (in type|into) (.*)$`)

// plain says in the words of the file what the decoder says in those of Go.
func plain(faults []string) (lines []string) {
	for _, fault := range faults {
		lines = append(lines, goType.ReplaceAllStringFunc(fault, func(found string) string {
			kind, wanted, _ := strings.Cut(strings.TrimSpace(found), " ")
			if kind == "in" { // of an unknown key
				return ""
			}
			switch {
			case strings.HasPrefix(wanted, "[]"):
				return ", want a list"
			case strings.HasPrefix(wanted, "int"), strings.HasPrefix(wanted, "uint"), strings.HasPrefix(wanted, "float"):
				return ", want a number"
			case wanted == "time.Duration":
				return ", want a duration, such as 15m"
			case wanted == "bool":
				return ", want true or false"
			case wanted == "string":
				return ", want a text"
			}
			return ", want keys with values"
		}))
	}
	return lines
}
