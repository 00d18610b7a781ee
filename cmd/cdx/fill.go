package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/appspec/fill"
)

// fillFlags are the settings that fill an AppSpec file in.
var fillFlags = []string{"task-definition", "lambda-current-version", "lambda-target-version"}

// fillings tell which property each of the settings fills, on which platform.
var fillings = []struct {
	setting  string
	property fill.Property
	platform appspec.Platform
}{
	{"task-definition", fill.TaskDefinition, appspec.ECS},
	{"lambda-current-version", fill.CurrentVersion, appspec.Lambda},
	{"lambda-target-version", fill.TargetVersion, appspec.Lambda},
}

// fillHint names the settings that fill in a file of which the findings say that a
// placeholder is left; it is empty where none is.
func fillHint(platform appspec.Platform, findings []appspec.Finding) string {
	if !slices.ContainsFunc(findings, func(f appspec.Finding) bool { return f.Rule == "placeholder" }) {
		return ""
	}
	var flags []string
	for _, filling := range fillings {
		if filling.platform == platform {
			flags = append(flags, "--"+filling.setting)
		}
	}
	return "replace the placeholders, or let cdx deploy do so: " + strings.Join(flags, " and ")
}

// fromAlias is the value of --lambda-current-version that asks the alias.
const fromAlias = "alias"

// fillIn puts the values of the settings into the text of an AppSpec file for ECS or
// Lambda.
func (p *program) fillIn(ctx context.Context, set *settings.Set, path string, content []byte) ([]byte, error) {
	for _, filling := range fillings {
		value := set.String(filling.setting)
		if value == "" {
			continue
		}
		if platform := appspec.Parse(path, content).Platform(); platform != filling.platform {
			return nil, &usageError{
				message: fmt.Sprintf("%s is for AppSpec files for %s, and %s is not one", set.Origin(filling.setting), filling.platform, path),
				hint:    "leave --" + filling.setting + " out, or name another file with --appspec",
			}
		}
		if filling.setting == "lambda-current-version" && value == fromAlias {
			var err error
			if value, err = p.aliasVersion(ctx, set, fill.Get(content, fill.FunctionName), fill.Get(content, fill.FunctionAlias)); err != nil {
				return nil, err
			}
		}
		filled, err := fill.Set(content, filling.property, value)
		if err != nil {
			return nil, &appSpecError{message: fmt.Sprintf("%s: %v", path, err), cause: err}
		}
		content = filled
	}
	return content, nil
}

// aliasVersion is the version of a function that its alias names now.
func (p *program) aliasVersion(ctx context.Context, set *settings.Set, function, alias string) (string, error) {
	clients, err := p.clients(ctx, set)
	if err != nil {
		return "", err
	}
	version, err := clients.alias(ctx, function, alias)
	if err != nil {
		return "", clients.explaining(fmt.Errorf("look at alias %s of function %s: %w", alias, function, err), awsapi.Context{})
	}
	p.progress.Event(fmt.Sprintf("alias %s of function %s names version %s", alias, function, version))
	return version, nil
}
