package deploy

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"regexp"
	"sync"
	"unicode/utf8"
)

const (
	// maxDescription is the longest description that CodeDeploy takes, in characters.
	// Source: AWS CodeDeploy User Guide, "CodeDeploy limits".
	maxDescription = 256

	markBytes = 8

	// MaxUserDescription is the longest description that [Create] takes, in
	// characters: CodeDeploy's limit less what the mark needs, " [cdx 0123456789abcdef]".
	MaxUserDescription = maxDescription - len(" [cdx ]") - 2*markBytes
)

// markPattern finds a mark, at the end of a description.
var markPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(` ?\[cdx [0-9a-f]{16}\]$`) })

// DescriptionError says that a description is too long to be marked.
type DescriptionError struct {
	Length int // in characters
	Max    int // [MaxUserDescription]
}

// Error names both lengths.
func (e *DescriptionError) Error() string {
	return fmt.Sprintf("description has %d characters, at most %d are possible", e.Length, e.Max)
}

// newMark makes a random mark, like "[cdx 0123456789abcdef]".
func newMark() string {
	random := make([]byte, markBytes)
	_, _ = rand.Read(random) // never fails: it ends the program instead
	return "[cdx " + hex.EncodeToString(random) + "]"
}

// CheckDescription reports whether [Create] takes a description. The error is a
// [*DescriptionError].
func CheckDescription(description string) error {
	if length := utf8.RuneCountInString(description); length > MaxUserDescription {
		return &DescriptionError{Length: length, Max: MaxUserDescription}
	}
	return nil
}

// marked puts a mark at the end of a description.
func marked(description, mark string) (string, error) {
	if err := CheckDescription(description); err != nil {
		return "", err
	}
	if description == "" {
		return mark, nil
	}
	return description + " " + mark, nil
}

// UserDescription is the description of a deployment as its user gave it: without the
// mark that [Create] puts at its end.
func UserDescription(description string) string {
	return markPattern().ReplaceAllString(description, "")
}
