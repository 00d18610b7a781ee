//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInitAsks answers cdx init at a terminal.
func TestInitAsks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"index.html": "<p>", "cdx.yml": "application-name: mine\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name, keys string
		args       []string
		code       int
		want       []string
		not        []string
	}{
		{"a program that cdx does not know", "my shop\rshop\r\rMy Bucket\rs3://my-bucket/\rsleep 1\rhudson\rgitlab\r", nil, 0, []string{
			"CodeDeploy application [001]:", "Deployment group [production]:", "S3 bucket for revisions (empty: later):",
			"Command that runs the program (empty: nothing runs):", "CI file (github, gitlab, circleci, jenkins, buildkite, azure or none) [none]:",
			`"my shop" is no name for CodeDeploy`, `"My Bucket" is no name of a bucket`, `no CI system is called "hudson"`, "wrote scripts/shop.service: systemd unit", "wrote .gitlab-ci.yml: deploys from gitlab",
		}, nil},
		{"a file in the way, kept", "\r\r\r\rn\r", []string{dir}, 0, []string{"cdx.yml is there already. Replace it? [y/N]", "left cdx.yml", "wrote appspec.yml"}, []string{"replaced"}},
		{"a file in the way, replaced", "\r\r\r\ry\r", []string{dir}, 0, []string{"unchanged appspec.yml", "replaced cdx.yml"}, nil},
		{"the end of the input", "shop\r\x04", nil, 2, []string{"cdx: nothing was written: no answer: the input ended"}, []string{"wrote"}},
		{"interrupted", "\x03", nil, 130, []string{"cdx: interrupted"}, []string{"wrote"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			shown, code := onTerminal(t, "CodeDeploy application", test.keys, append([]string{"init", "--color", "off"}, test.args...)...)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			for _, want := range test.want {
				if !strings.Contains(shown, want) {
					t.Errorf("%q was not shown", want)
				}
			}
			for _, not := range test.not {
				if strings.Contains(shown, not) {
					t.Errorf("%q was shown", not)
				}
			}
			if t.Failed() {
				t.Errorf("the screen showed:\n%q", shown)
			}
		})
	}
}
