package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/term"
)

// settingRow is one setting as cdx config shows it.
type settingRow struct {
	Name   string `json:"name"`
	Value  any    `json:"value"`
	Origin string `json:"origin"`
}

func newConfigCmd(p *program) *cobra.Command {
	return &cobra.Command{
		Use:     "config",
		GroupID: furtherCommands,
		Short:   "Show every setting, its value and where it comes from",
		Long: `Shows every setting with its value and where that comes from: a flag, a CDX_…
variable, a line of cdx.yml, or the default. --env shows those of an
environment; without it, those of the one whose branch matches, if any.`,
		Args: arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error { return p.config(c) },
	}
}

func (p *program) config(c *cobra.Command) error {
	sets, err := p.configSets(c)
	if err != nil {
		return err
	}
	if p.out.structured() {
		var all [][]settingRow
		for _, set := range sets {
			all = append(all, rows(set))
		}
		p.out.object(map[string]any{"file": p.filePath(), "environment": sets[0].Environment, "settings": all})
		return nil
	}
	for i, set := range sets {
		if i > 0 {
			p.out.line("")
		}
		p.configText(set)
	}
	return nil
}

// configSets takes the environment that push and deploy would take, and where
// they would ask for one, the settings without.
func (p *program) configSets(c *cobra.Command) ([]*settings.Set, error) {
	sets, err := p.loadEnvironment(c, checkout.Read(c.Context(), ".", p.lookupEnv))
	if as[*settings.EnvironmentError](err) {
		set, plain := p.load(c)
		if plain != nil {
			return nil, plain
		}
		p.progress.Warn(err.Error())
		return []*settings.Set{set}, nil
	}
	return sets, err
}

func rows(set *settings.Set) []settingRow {
	var rows []settingRow
	for _, s := range settings.All() {
		row := settingRow{Name: s.Name, Origin: set.Origin(s.Name), Value: set.String(s.Name)}
		switch s.Kind {
		case settings.Bool:
			row.Value = set.Bool(s.Name)
		case settings.Strings:
			row.Value = set.Strings(s.Name)
		}
		rows = append(rows, row)
	}
	return rows
}

func (p *program) filePath() string {
	if p.file == nil {
		return ""
	}
	return p.file.Path
}

func (p *program) configText(set *settings.Set) {
	var b strings.Builder
	if set.Environment != "" {
		fmt.Fprintf(&b, "# environment %s\n", term.Clean(set.Environment))
	}
	var lines [][2]string // setting and value, both clean
	widths := [2]int{}
	all := rows(set)
	for _, row := range all {
		value := fmt.Sprint(row.Value)
		if list, ok := row.Value.([]string); ok {
			value = strings.Join(list, ", ")
		}
		line := [2]string{row.Name, term.Line(value)}
		for i, text := range line {
			widths[i] = max(widths[i], term.Width(text))
		}
		lines = append(lines, line)
	}
	for i, row := range all {
		fmt.Fprintf(&b, "%s  %s  %s\n", term.Pad(lines[i][0], widths[0]), term.Pad(lines[i][1], widths[1]), term.Line(cmp.Or(row.Origin, "not set")))
	}
	p.out.line(strings.TrimRight(b.String(), "\n"))
}
