package main

import (
	"errors"
	"slices"
	"testing"
)

// TestPages reads a list to its end, or not at all: a name on a page that could not be read
// must not be taken for one that there is not.
func TestPages(t *testing.T) {
	list := [][]string{{"a", "b"}, {"c"}, {"d"}}
	read := func(broken int) []string {
		at := -1
		return pages(func(*string) ([]string, *string, error) {
			if at++; at == broken {
				return nil, nil, errors.New("no page")
			}
			if at == len(list)-1 {
				return list[at], nil, nil
			}
			return list[at], new(string), nil
		})
	}
	if got, want := read(len(list)), slices.Concat(list...); !slices.Equal(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
	for broken := range list {
		if got := read(broken); got != nil {
			t.Errorf("page %d cannot be read: names %q", broken, got)
		}
	}
}
