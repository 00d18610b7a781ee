package local_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cdx-deploy/cdx/pkg/local"
)

// stranger is a program on this machine that does not have the service's access key.
func (p *peer) stranger() *peer {
	return connect(p.service, p.dir, p.service.URL(), aws.Credentials{AccessKeyID: "AKIASTRANGER", SecretAccessKey: "whatever"})
}

// marking is a hook script that adds a word to a file.
func marking(word, name string) string { return "#!/bin/sh\necho " + word + " >> '" + name + "'\n" }

// marks are the words in a file that hook scripts have left.
func marks(t *testing.T, name string) string {
	t.Helper()
	words, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(words)), " ")
}

// stopSpec is appSpec with its script in ApplicationStop, which the next deployment runs.
var stopSpec = strings.Replace(appSpec, "BeforeInstall", "ApplicationStop", 1)

func TestStrangersRevisionIsNotStopped(t *testing.T) {
	p := listen(t, local.Options{})
	s := p.stranger()
	name := filepath.Join(t.TempDir(), "marks")
	s.await(t, s.create(t, s.uploadAppSpec(t, "theirs.zip", marking("stranger", name), stopSpec)), hasEnded)
	id := p.create(t, p.uploadAppSpec(t, "mine.zip", marking("mine", name), stopSpec))
	p.await(t, id, hasEnded)
	if text, events := p.events(t, id); !strings.HasPrefix(text, "ApplicationStop=Skipped DownloadBundle=Succeeded") ||
		!strings.Contains(*events[0].Diagnostics.Message, "may not run any") {
		t.Error(text)
	}
	p.await(t, p.create(t, p.upload(t, "next.zip", goodHook)), hasEnded)
	if got := marks(t, name); got != "mine" {
		t.Errorf("hooks that ran: %s", got)
	}
}
