package term

import (
	"strings"

	"github.com/cdx-deploy/cdx/internal/lazy"
)

// ignorable matches characters without a width. A CI agent that compares with a
// culture's rules overlooks them, so they cannot be what breaks a command up.
// Source: dotnet documentation, "Behavior changes when comparing strings on .NET 5+".
const ignorable = `[\p{Cf}\p{Mn}\p{Me}]*`

var (
	// leadingColons matches the start of a GitHub workflow command. The runner
	// trims blanks from the line first.
	// Source: actions/runner, src/Runner.Common/ActionCommand.cs.
	leadingColons = lazy.Regexp(`(?m)^([\s\p{Z}\p{Cf}\p{Mn}\p{Me}]*):` + ignorable + `:`)

	// hashMarker matches what starts a command of Azure Pipelines, of GitHub's older
	// form, or of TeamCity, wherever in a line it stands.
	// Sources: microsoft/azure-pipelines-agent, src/Microsoft.VisualStudio.Services.Agent/AgentCommand.cs;
	// TeamCity documentation, "Service Messages".
	hashMarker = lazy.Regexp(`(?i)#(` + ignorable + `#` + ignorable + `(?:` + spread("vso") + `|` + spread("teamcity") + `)?` + `\[)`)

	// buildkiteHeader matches the lines that fold a Buildkite log.
	// Sources: Buildkite documentation, "Managing log output"; buildkite/agent, agent/header_times_streamer.go.
	buildkiteHeader = lazy.Regexp(`(?m)^(---|\+\+\+|~~~|\^\^\^)([ \t])`)
)

// spread is a pattern for a word with ignorable characters in and after it.
func spread(word string) string {
	return strings.Join(strings.Split(word, ""), ignorable) + ignorable
}

// Neutralise changes text so that no line of it is a command to a CI system: a
// blank parts the characters that start one (": :error::", "# #vso["), and a dot
// precedes what would fold a log. Other text stays as it is.
func Neutralise(text string) string {
	text = leadingColons().ReplaceAllString(text, "$1: :")
	text = hashMarker().ReplaceAllString(text, "# $1")
	return buildkiteHeader().ReplaceAllString(text, ".$1$2")
}
