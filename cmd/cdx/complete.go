package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/complete"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// completionPatience is how long a shell waits for names from AWS. With the start of
// two processes the answer is there within 300 ms.
const completionPatience = 240 * time.Millisecond

// prepareCompletion teaches the command tree what its flags and arguments complete to,
// if that is what the program was started for: no other run pays for it. Nothing but
// the answer is printed then.
func (p *program) prepareCompletion(root *cobra.Command, args []string) {
	if len(args) == 0 {
		return
	}
	switch args[0] {
	case namesCommand:
		root.AddCommand(newNamesCmd(p))
	case cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd:
		root.SetErr(io.Discard)
		p.completeFlags(root, root.PersistentFlags())
		p.completeCommands(root)
	}
}

func (p *program) completeCommands(parent *cobra.Command) {
	for _, c := range parent.Commands() {
		p.completeFlags(c, c.LocalNonPersistentFlags())
		if c.ValidArgs == nil {
			c.ValidArgsFunction = p.arguments(c)
		}
		p.completeCommands(c)
	}
}

func (p *program) completeFlags(c *cobra.Command, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		values := paths(f.Value.Type())
		if s, ok := settings.Lookup(f.Name); ok && s.Value == f.Value.Type() {
			values = p.values(s)
		}
		if some, ok := f.Value.(interface{ values() []string }); ok && some.values() != nil {
			values = cobra.FixedCompletions(some.values(), cobra.ShellCompDirectiveNoFileComp)
		}
		if f.NoOptDefVal != "true" { // it takes a value
			// It fails for a command that completes the flag itself.
			_ = c.RegisterFlagCompletionFunc(f.Name, values)
		}
	})
}

// values completes the value of a setting.
func (p *program) values(s settings.Setting) cobra.CompletionFunc {
	if len(s.Values) > 0 {
		return func(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			allowed := s.Values
			if c.Name() == s.AlsoFor {
				allowed = append(slices.Clone(allowed), s.Also...)
			}
			var choices []complete.Choice
			for _, value := range allowed {
				choices = append(choices, complete.Choice{Value: value, About: complete.About(s.Name, value)})
			}
			return offered(choices), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
		}
	}
	if find := p.finder(s.Name); find != nil {
		return func(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return offered(find(c)), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
		}
	}
	return paths(s.Value)
}

// paths completes files or folders where a placeholder stands for one, and nothing
// elsewhere.
func paths(placeholder string) cobra.CompletionFunc {
	directive := cobra.ShellCompDirectiveNoFileComp
	switch placeholder {
	case "DIR":
		directive = cobra.ShellCompDirectiveFilterDirs
	case "FILE", "PATH", "BUNDLE", "OTHER", "DIR | BUNDLE":
		directive = cobra.ShellCompDirectiveDefault
	}
	return cobra.FixedCompletions(nil, directive)
}

// finder finds the names that a setting takes; nil for one that takes no names.
func (p *program) finder(setting string) func(*cobra.Command) []complete.Choice {
	switch setting {
	case "application-name":
		return p.applicationNames
	case "deployment-group-name":
		return p.groupNames
	case "deployment-config-name":
		return func(c *cobra.Command) []complete.Choice {
			return p.find(c, complete.Query{Kind: complete.DeploymentConfigs})
		}
	case "env":
		return p.environmentNames
	case "profile":
		return func(*cobra.Command) []complete.Choice { return complete.Profiles(p.configurationFiles()...) }
	case "disable", "explain":
		return ruleChoices
	}
	return nil
}

// arguments completes what stands behind a command, by what its usage line calls it.
func (p *program) arguments(c *cobra.Command) cobra.CompletionFunc {
	_, placeholder, _ := strings.Cut(c.Use, " ")
	several := strings.Contains(placeholder, "…")
	placeholder, _, _ = strings.Cut(strings.Trim(placeholder, "[]…"), "…")
	var find func(*cobra.Command) []complete.Choice
	switch placeholder {
	case "ID":
		find = p.deploymentIDs
	case "APPLICATION":
		find = p.applicationNames
	case "GROUP":
		find = p.groupNames
	case "CONFIG":
		find = p.finder("deployment-config-name")
	case "INSTANCE":
		find = func(c *cobra.Command) []complete.Choice {
			return p.find(c, complete.Query{Kind: complete.OnPremisesInstances})
		}
	}
	return func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 && !several || c.Name() == "create" { // a new name
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		if find == nil {
			return paths(placeholder)(c, args, typed)
		}
		choices := slices.DeleteFunc(find(c), func(one complete.Choice) bool { return slices.Contains(args, one.Value) })
		return offered(choices), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

// offered are the choices that a shell may have: a checkout's cdx.yml names some, and
// what is chosen becomes part of a command line.
func offered(choices []complete.Choice) []cobra.Completion {
	now := time.Now()
	var all []cobra.Completion
	for _, one := range choices {
		if one.Harmless() {
			all = append(all, cobra.CompletionWithDesc(one.Value, term.Line(one.Describe(now))))
		}
	}
	return all
}

// applicationNames are those of the account, and before the first answer those that
// cdx.yml names.
func (p *program) applicationNames(c *cobra.Command) []complete.Choice {
	choices := p.find(c, complete.Query{Kind: complete.Applications})
	for _, set := range p.quietSets(c) {
		name := set.String("application-name")
		if name == "" || !set.IsSet("application-name") || set.Trusted("application-name") {
			continue
		}
		if !slices.ContainsFunc(choices, func(one complete.Choice) bool { return one.Value == name }) {
			choices = append(choices, complete.Choice{Value: name, About: "of " + settings.FileName})
		}
	}
	return choices
}

// groupNames are those of the application that is given or configured.
func (p *program) groupNames(c *cobra.Command) []complete.Choice {
	var choices []complete.Choice
	for _, set := range p.quietSets(c) {
		if name := set.String("application-name"); name != "" {
			choices = append(choices, p.find(c, complete.Query{Kind: complete.DeploymentGroups, Application: name})...)
		}
	}
	return choices
}

// deploymentIDs are those of the application's deployment groups where both are given
// or configured, else those of the account; where only a running one will do, those
// that run.
func (p *program) deploymentIDs(c *cobra.Command) []complete.Choice {
	query := complete.Query{Kind: complete.Deployments}
	if sets := p.quietSets(c); len(sets) == 1 && sets[0].IsSet("application-name") && sets[0].IsSet("deployment-group-name") {
		query.Application = sets[0].String("application-name")
		query.Groups = sets[0].Strings("deployment-group-name")
	}
	choices := p.find(c, query)
	if c.Name() == "stop" || c.Name() == "continue" {
		choices = complete.Running(choices)
	}
	return choices
}

func (p *program) environmentNames(c *cobra.Command) []complete.Choice {
	var choices []complete.Choice
	if file := p.quietFile(c); file != nil {
		for _, environment := range file.Environments {
			choices = append(choices, complete.Choice{Value: environment.Name, About: strings.Join(environment.Branches, ", ")})
		}
	}
	return choices
}

func ruleChoices(*cobra.Command) []complete.Choice {
	var choices []complete.Choice
	for _, rule := range appspec.Rules() {
		choices = append(choices, complete.Choice{Value: rule.Name, About: rule.Summary})
	}
	return choices
}

// configurationFiles are the files of the AWS configuration.
func (p *program) configurationFiles() []string {
	home, _ := os.UserHomeDir() // without one, there are no such files
	files := []string{filepath.Join(home, ".aws", "config"), filepath.Join(home, ".aws", "credentials")}
	for i, variable := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		if name, ok := p.lookupEnv(variable); ok && name != "" {
			files[i] = name
		}
	}
	return files
}

// quietFile reads cdx.yml, if there is one without mistakes, and says nothing.
func (p *program) quietFile(c *cobra.Command) *settings.File {
	sets, err := settings.Resolve(settings.Source{Flags: c.Flags(), LookupEnv: p.lookupEnv})
	if err != nil {
		return nil
	}
	file, err := settings.Load(".", sets[0].String("config"))
	if err != nil {
		return nil
	}
	return file
}

// quietSets are the settings as far as the command line is typed: none where they are
// wrong, and those without an environment where none can be picked.
func (p *program) quietSets(c *cobra.Command) []*settings.Set {
	source := settings.Source{Flags: c.Flags(), LookupEnv: p.lookupEnv, File: p.quietFile(c)}
	sets, err := settings.Resolve(source)
	if err != nil {
		return nil
	}
	name, branch := sets[0].String("env"), ""
	if name == "" && source.File != nil && len(source.File.Environments) > 0 {
		branch = checkout.Read(c.Context(), ".", p.lookupEnv).EnvironmentBranch()
	}
	if source.Environment, err = source.File.Pick(name, branch); err != nil {
		return sets
	}
	if all, err := settings.Resolve(source); err == nil {
		sets = all
	}
	return sets
}
