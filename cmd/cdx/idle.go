package main

import (
	"fmt"
	"strings"

	"github.com/cdx-deploy/cdx/internal/settings"
)

// checkIdle finds flags that what is asked for has no use for, so that nobody believes
// in their effect. Settings of cdx.yml and variables are for many runs, and may be idle.
func checkIdle(set *settings.Set, existing bool) error {
	if !set.Bool("local") {
		if err := idle(set, localFlags[1:], "without --local"); err != nil {
			return err
		}
	}
	if existing {
		if err := idle(set, pushFlags(set), "when a revision is deployed that is there already"); err != nil {
			return err
		}
	}
	return checkIdleWaiting(set)
}

// checkIdleWaiting finds flags about following a deployment that nobody follows.
func checkIdleWaiting(set *settings.Set) error {
	if set.Bool("wait") || set.Bool("serial") || set.Bool("local") {
		return nil
	}
	if err := idle(set, []string{"until", "strict", "on-timeout", "on-interrupt", "report"}, "without --wait"); err != nil || set.String("if-active") == "wait" {
		return err
	}
	return idle(set, []string{"timeout", "poll-interval"}, "without --wait")
}

// pushFlags are the settings of a push, without what may name the revision itself.
func pushFlags(set *settings.Set) []string {
	var flags []string
	for _, name := range append(append(append([]string{"revision-description"}, uploadFlags...), packageFlags...), fillFlags...) {
		if name != "s3-location" || isUpload(set.String(name)) {
			flags = append(flags, name)
		}
	}
	return flags
}

// idle is the mistake of giving one of the flags when it has no effect: without another
// flag, say.
func idle(set *settings.Set, names []string, when string) error {
	for _, name := range names {
		if set.Origin(name) != "--"+name {
			continue
		}
		hint := "leave --" + name + " out"
		if missing, ok := strings.CutPrefix(when, "without "); ok {
			hint = "give " + missing + " too, or " + hint
		}
		return &usageError{message: fmt.Sprintf("--%s has no effect %s", name, when), hint: hint}
	}
	return nil
}
