//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A role that wants the code of an MFA device asks for it on a terminal. The code is
// then sent to a proxy that is not there.
func TestMFAOnATerminal(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	const text = `[profile careful]
role_arn = arn:aws:iam::123456789012:role/deployer
source_profile = base
mfa_serial = arn:aws:iam::123456789012:mfa/me
[profile base]
aws_access_key_id = AKIAEXAMPLE
aws_secret_access_key = example
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := []string{"TERM=xterm", "AWS_CONFIG_FILE=" + config, "AWS_REGION=us-east-1", "HTTPS_PROXY=http://127.0.0.1:1", "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1"}
	shown, code := onTerminalOf(t, 80, environ, "MFA code: ", "123456\n", "list", "-a", "app", "-g", "group", "--profile", "careful")
	if code != exitRefused || strings.Count(shown, "MFA code: ") != 1 || strings.Contains(shown, "no terminal") || !strings.Contains(shown, "hint:") {
		t.Errorf("exit code %d, and the screen shows\n%s", code, shown)
	}
}
