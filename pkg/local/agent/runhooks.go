package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// skippedError says why an event's scripts are not run.
type skippedError struct {
	scripts int
	reason  string
}

func (e *skippedError) Error() string {
	if e.scripts == 1 {
		return "1 script is not run: " + e.reason
	}
	return fmt.Sprintf("%d scripts are not run: %s", e.scripts, e.reason)
}

// hooks runs an event's scripts.
func (r *run) hooks(ctx context.Context, name string) (tail string, err error) {
	archive, err := r.archiveFor(name)
	if err != nil || archive == "" {
		return "", err
	}
	spec, err := r.readSpec(archive, r.v2)
	if err != nil || spec == nil {
		return "", err
	}
	scripts := spec.Hooks[name]
	if len(scripts) == 0 {
		return "", nil
	}
	if !r.opts.RunHooks {
		return "", &skippedError{scripts: len(scripts), reason: cmp.Or(r.opts.WhyNot, "running hooks is not allowed")}
	}
	if isPrevious(name) && !r.group.vouchedFor(filepath.Base(filepath.Dir(archive))) {
		return "", &skippedError{scripts: len(scripts), reason: "the last successful revision comes from somebody who may not run any"}
	}
	for _, script := range scripts {
		if message := runAsNotice(script); message != "" {
			r.notice(Notice{Kind: NoticeRunAs, Where: script.Location, Message: message})
		}
	}
	return r.runHook(ctx, name, scripts, archive, spec)
}

// archiveFor returns the folder of the revision that has an event's scripts; "" when there is none.
func (r *run) archiveFor(name string) (string, error) {
	if !isPrevious(name) {
		return r.group.archive(r.d.ID), nil
	}
	last, err := r.group.lastSuccessful()
	if err != nil || last == "" {
		return "", err
	}
	return r.group.archive(last), nil
}

func (r *run) runHook(ctx context.Context, name string, scripts []appspec.Script, archive string, spec *appspec.Spec) (tail string, err error) {
	file, err := r.openLog()
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	etag := ""
	if r.v2 {
		etag = r.etag
	}
	h := &hook{
		event: name, scripts: scripts, archive: archive, dir: r.dir, v2: r.v2,
		env:       environment(name, r.d, etag, r.root, r.opts.Environ),
		killAfter: r.opts.KillAfter, style: style{windows: spec.OS == "windows"},
		log: newScriptLog(file), isolated: r.isolated,
	}
	err = h.run(ctx)
	if err == nil {
		err = h.log.failure()
	}
	return h.log.tail(), err
}

// openLog opens the file that has all output of the deployment's scripts.
func (r *run) openLog() (*os.File, error) {
	name := filepath.Join(r.group.deployment(r.d.ID), "logs", "scripts.log")
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
}
