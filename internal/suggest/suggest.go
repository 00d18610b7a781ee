// Package suggest finds the name that somebody probably meant.
package suggest

import (
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// Nearest returns the candidate that is closest to name, if one is close enough
// to be a slip: letters in another case, or at most one mistake in three
// letters, of which two letters that have changed places are one. Of equals the
// first wins.
func Nearest(name string, candidates []string) (string, bool) {
	best, least := "", utf8.RuneCountInString(name)/3+1
	for _, candidate := range candidates {
		if strings.EqualFold(candidate, name) {
			return candidate, true
		}
		if distance := mistakes(strings.ToLower(name), strings.ToLower(candidate)); distance < least {
			best, least = candidate, distance
		}
	}
	return best, best != ""
}

// mistakes is how many lead from one name to the other.
func mistakes(a, b string) int {
	from, to := []rune(a), []rune(b)
	for i := range min(len(from), len(to)) - 1 {
		if from[i] != to[i] {
			from[i], from[i+1] = from[i+1], from[i]
			if string(from) == b {
				return 1
			}
			break
		}
	}
	return levenshtein.ComputeDistance(a, b)
}
