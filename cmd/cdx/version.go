package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// What the linker sets for a release; the go command records them elsewhere.
var version, commit, date string

// build is where this program comes from.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"` // empty where it was not built in a checkout
	Date     string `json:"date"`   // of the commit, as RFC 3339; empty likewise
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	SDK      string `json:"sdk"` // of AWS, for Go
	Platform string `json:"platform"`
}

// sdkModule is the module whose version is the SDK's.
const sdkModule = "github.com/aws/aws-sdk-go-v2"

func readBuild() build {
	b := build{Version: version, Commit: commit, Date: date, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	if b.Version == "" {
		b.Version = "devel"
		if recorded := info.Main.Version; recorded != "" && recorded != "(devel)" {
			b.Version = recorded
		}
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Commit = cmp.Or(b.Commit, setting.Value)
		case "vcs.time":
			b.Date = cmp.Or(b.Date, setting.Value)
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	for _, module := range info.Deps {
		if module.Path == sdkModule {
			b.SDK = "aws-sdk-go-v2 " + module.Version
		}
	}
	return b
}

// versionName is the release, else what the go command recorded, else "devel".
func versionName() string { return readBuild().Version }

func newVersionCmd(p *program) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		GroupID: furtherCommands,
		Short:   "Print the version",
		Long:    "Prints the version; --output json has the commit, its date, Go and the AWS SDK too.",
		Example: `  cdx version
  cdx version --output json`,
		Args: arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error { return p.printVersion(c) },
	}
}

func (p *program) printVersion(c *cobra.Command) error {
	if _, err := p.load(c); err != nil {
		return err
	}
	b := readBuild()
	if p.out.structured() {
		p.out.object(b)
		return nil
	}
	p.out.line(fmt.Sprintf("cdx %s %s %s", b.Version, b.Go, b.Platform))
	return nil
}
