package shorthand

import "strings"

// Nearest returns the known name that a misspelt one most likely means, for "did
// you mean": one that differs in case only, else the one with the fewest typing
// errors (letters wrong, missing, doubled or exchanged), at most one for every three
// letters. It returns "" when none is that near; of equals, the first in known.
func Nearest(name string, known []string) string {
	best, fewest := "", len(name)/3+1
	for _, candidate := range known {
		if strings.EqualFold(candidate, name) {
			return candidate
		}
		if d := typingErrors(strings.ToLower(name), strings.ToLower(candidate)); d < fewest {
			best, fewest = candidate, d
		}
	}
	return best
}

// typingErrors is the number of single-letter edits and exchanges of neighbours that
// turn a into b (optimal string alignment). Names over 64 letters count as unlike.
func typingErrors(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return len(x) + len(y)
	}
	var before, above []int
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		before, above, row = above, row, make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			replaced := above[j-1]
			if x[i-1] != y[j-1] {
				replaced++
			}
			row[j] = min(replaced, above[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(y)]
}
