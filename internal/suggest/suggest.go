// Package suggest finds the name that somebody probably meant.
package suggest

import (
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// Nearest returns the candidate that is closest to name, if one is close enough
// to be a slip: letters in another case, or at most one mistake in three
// letters. Of equals the first wins.
func Nearest(name string, candidates []string) (string, bool) {
	best, least := "", utf8.RuneCountInString(name)/3+1
	for _, candidate := range candidates {
		if strings.EqualFold(candidate, name) {
			return candidate, true
		}
		distance := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(candidate))
		if distance < least {
			best, least = candidate, distance
		}
	}
	return best, best != ""
}
