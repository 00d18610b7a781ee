package complete

import (
	"bufio"
	"os"
	"slices"
	"strings"
)

// Profiles returns the names of the profiles in files of the AWS configuration, such
// as ~/.aws/config, sorted. A file that cannot be read has none.
func Profiles(files ...string) []Choice {
	var names []string
	for _, name := range files {
		names = append(names, profilesIn(name)...)
	}
	slices.Sort(names)
	var choices []Choice
	for _, name := range slices.Compact(names) {
		if choice := (Choice{Value: name}); choice.Harmless() {
			choices = append(choices, choice)
		}
	}
	return choices
}

// profilesIn reads the sections "[NAME]" of a credentials file and "[profile NAME]" of
// a configuration; other sections, such as "[sso-session NAME]", are no profiles.
// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
func profilesIn(name string) []string {
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	var names []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		section, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "[")
		if !ok {
			continue
		}
		section, _, _ = strings.Cut(section, "]")
		switch words := strings.Fields(section); {
		case len(words) == 1:
			names = append(names, words[0])
		case len(words) == 2 && words[0] == "profile":
			names = append(names, words[1])
		}
	}
	return names
}
