package app

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// check reports every value of the field outside its range.
func (f field) check(v reflect.Value) []error {
	if f.limits == "" {
		return nil
	}
	if v.Kind() != reflect.Slice {
		v = reflect.Append(reflect.MakeSlice(reflect.SliceOf(v.Type()), 0, 1), v)
	}
	var problems []error
	for i := range v.Len() {
		if !f.inside(v.Index(i)) {
			problems = append(problems, fmt.Errorf("%s: got %s, want %s", f.name, show(v.Index(i)), f.limits))
		}
	}
	return problems
}

// show prints a value as it would be typed; a word is a person's input and is quoted.
func show(v reflect.Value) string {
	if v.Kind() == reflect.String {
		return Quote(v.String())
	}
	return fmt.Sprint(v.Interface())
}

func (f field) inside(v reflect.Value) bool {
	if v.Kind() == reflect.String {
		return slices.Contains(strings.Split(f.limits, "|"), v.String())
	}
	low, high, _ := bounds(v.Type(), f.limits) // validated when the fields were listed
	if v.CanUint() {
		n := v.Uint()
		return n <= math.MaxInt64 && int64(n) >= low && int64(n) <= high
	}
	return v.Int() >= low && v.Int() <= high
}

// validate refuses a range tag that does not fit the field's type.
func (f field) validate() error {
	t := f.typ
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if f.limits == "" || t.Kind() == reflect.String {
		return nil
	}
	if !reflect.Zero(t).CanInt() && !reflect.Zero(t).CanUint() {
		return fmt.Errorf("read range of %s: %s has no order", f.name, t)
	}
	low, high, err := bounds(t, f.limits)
	if err == nil && low > high {
		err = fmt.Errorf("low is above high")
	}
	if err != nil {
		return fmt.Errorf("read range %q of %s: %w", f.limits, f.name, err)
	}
	return nil
}

// bounds reads low..high in the notation of the type; a side left out is open.
func bounds(t reflect.Type, text string) (low, high int64, err error) {
	first, last, ok := strings.Cut(text, "..")
	if !ok {
		return 0, 0, fmt.Errorf("two dots are missing")
	}
	low, high = math.MinInt64, math.MaxInt64
	if first != "" {
		if low, err = number(t, first); err != nil {
			return 0, 0, err
		}
	}
	if last != "" {
		high, err = number(t, last)
	}
	return low, high, err
}

func number(t reflect.Type, text string) (int64, error) {
	switch t {
	case reflect.TypeFor[time.Duration]():
		d, err := time.ParseDuration(text)
		return int64(d), err
	case reflect.TypeFor[Size]():
		var s Size
		err := s.UnmarshalText([]byte(text))
		return int64(s), err
	}
	return strconv.ParseInt(text, 10, 64)
}
