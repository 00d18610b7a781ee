package group

// diffLines turns old lines into new ones with as few as possible changed. Each line of
// the result begins with "  ", "- " or "+ ". Settings have a few hundred lines at most, so
// that a table of all pairs is small.
func diffLines(old, to []string) []string {
	common := commonLengths(old, to)
	var diff []string
	i, j := 0, 0
	for i < len(old) || j < len(to) {
		switch {
		case i < len(old) && j < len(to) && old[i] == to[j]:
			diff = append(diff, "  "+old[i])
			i, j = i+1, j+1
		case j == len(to) || i < len(old) && common[i+1][j] >= common[i][j+1]:
			diff = append(diff, "- "+old[i])
			i++
		default:
			diff = append(diff, "+ "+to[j])
			j++
		}
	}
	return diff
}

// commonLengths has, for each pair of places, how many lines are common from there on.
func commonLengths(old, to []string) [][]int {
	common := make([][]int, len(old)+1)
	for i := range common {
		common[i] = make([]int, len(to)+1)
	}
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(to) - 1; j >= 0; j-- {
			if old[i] == to[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	return common
}
