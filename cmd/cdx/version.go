package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker for a release.
var version = ""

// versionName is the release, else what the go command recorded, else "devel".
func versionName() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

func newVersionCmd(p *program) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		GroupID: furtherCommands,
		Short:   "Print the version",
		Args:    usage(cobra.NoArgs),
		RunE:    func(c *cobra.Command, _ []string) error { return p.printVersion(c) },
	}
}

func (p *program) printVersion(c *cobra.Command) error {
	if _, err := p.load(c); err != nil {
		return err
	}
	if p.out.structured() {
		p.out.object(map[string]string{"version": versionName(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH})
		return nil
	}
	p.out.line(fmt.Sprintf("cdx %s %s %s/%s", versionName(), runtime.Version(), runtime.GOOS, runtime.GOARCH))
	return nil
}
