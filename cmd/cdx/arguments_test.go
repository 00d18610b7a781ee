package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestArguments(t *testing.T) {
	fruit := []string{"apple", "pear"}
	tests := []struct {
		least, most   int
		valid         []string
		args          string
		message, hint string
	}{
		{0, 0, nil, "", "", ""},
		{0, 0, nil, "a", `eat takes no arguments, and got "a"`, "see: cdx eat --help"},
		{1, 1, nil, "a", "", ""},
		{1, 1, nil, "", "eat accepts 1 argument, received 0", "see: cdx eat --help"},
		{2, 2, nil, "a b c", "eat accepts 2 arguments, received 3", "see: cdx eat --help"},
		{0, 1, nil, "a b", "eat accepts at most 1 argument, received 2", "see: cdx eat --help"},
		{1, many, nil, "a b c", "", ""},
		{1, many, nil, "", "eat requires at least 1 argument, only received 0", "see: cdx eat --help"},
		{1, 1, fruit, "pear", "", ""},
		{1, 1, fruit, "", "eat: which one? There are apple, pear", "type, for example: cdx eat apple"},
		{1, 1, fruit, "paer", `eat: "paer" is none of apple, pear`, "type, for example: cdx eat pear"},
		{0, 1, fruit, "stone", `eat: "stone" is none of apple, pear`, "type, for example: cdx eat apple"},
		{1, 1, fruit, "apple pear", "eat accepts 1 argument, received 2", "see: cdx eat --help"},
	}
	for _, tt := range tests {
		c := &cobra.Command{Use: "eat", ValidArgs: tt.valid}
		(&cobra.Command{Use: "cdx"}).AddCommand(c)
		err := arguments(tt.least, tt.most)(c, strings.Fields(tt.args))
		var mistake *usageError
		if !errors.As(err, &mistake) {
			mistake = new(usageError)
		}
		if mistake.message != tt.message || mistake.hint != tt.hint {
			t.Errorf("%d to %d of %v, given %q: %q, hint %q", tt.least, tt.most, tt.valid, tt.args, mistake.message, mistake.hint)
		}
	}
}
