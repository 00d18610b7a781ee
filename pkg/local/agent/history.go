package agent

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/local/internal/flock"
	"github.com/cdx-deploy/cdx/pkg/local/internal/wholefile"
)

// The layout below [Options.Dir] is that of /opt/codedeploy-agent on an instance.
// Source: aws/aws-codedeploy-agent command_executor.rb.
const (
	deploymentRoot   = "deployment-root"
	instructionsName = "deployment-instructions"
	archiveName      = "deployment-archive"
	bundleName       = "bundle.tar"
	keptRevisions    = 5
)

// GroupID returns the ID under which a deployment group's history is kept when a [Deployment] names
// none: always the same for the same names, in the form of CodeDeploy's own IDs.
func GroupID(application, deploymentGroup string) string {
	sum := sha256.Sum256([]byte(application + "\x00" + deploymentGroup))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// BusyError reports that a deployment to the same group is under way, maybe in another process.
type BusyError struct {
	DeploymentGroupID string
}

// Error names the group.
func (e *BusyError) Error() string {
	return fmt.Sprintf("deployment group %s has a deployment under way", e.DeploymentGroupID)
}

// History is what this machine remembers of a deployment group.
type History struct {
	// Installed has what the last Install wrote, as paths of the host in the order of installation:
	// what the next one removes first. See [PlanOptions.Installed].
	Installed []string
	// LastSuccessful is the ID of the last deployment whose Install succeeded: the agent takes its
	// revision for the last successful one. Empty when there is none.
	LastSuccessful string
	// Revision is the folder of that revision; empty when there is none.
	Revision string
	// Vouched says that its deployment was vouched for: without that its ApplicationStop, BeforeBlockTraffic
	// and AfterBlockTraffic do not run here.
	Vouched bool
}

// ReadHistory reads what is remembered in dir, an [Options.Dir], of the group with that ID. A group
// without history is no error.
func ReadHistory(dir, deploymentGroupID string) (*History, error) {
	g, err := newGroup(dir, deploymentGroupID)
	if err != nil {
		return nil, err
	}
	return g.history()
}

// history reads all that is remembered of the group.
func (g *group) history() (*History, error) {
	installed, err := g.installed()
	if err != nil {
		return nil, err
	}
	last, err := g.lastSuccessful()
	if err != nil {
		return nil, err
	}
	h := &History{Installed: installed, LastSuccessful: last}
	if last != "" {
		h.Revision, h.Vouched = g.archive(last), g.vouchedFor(last)
	}
	return h, nil
}

// Spec reads the AppSpec file of the last successful revision as an agent does for the hooks that it
// takes from there. Without such a revision it is nil, nil, nil.
func (h *History) Spec(agent appspec.Agent) (*appspec.Spec, fs.FS, error) {
	if h.Revision == "" {
		return nil, nil, nil
	}
	data, err := readAppSpec(h.Revision, appspec.FileName)
	if err != nil {
		return nil, nil, fmt.Errorf("read the last successful revision: %w", err)
	}
	spec, err := appspec.Parse(appspec.FileName, data).Spec(agent)
	if err != nil {
		return nil, nil, fmt.Errorf("read the last successful revision: %w", err)
	}
	return spec, os.DirFS(h.Revision), nil
}

// group is the state on disk of one deployment group.
type group struct {
	root string // the deployment root, absolute
	id   string
}

func newGroup(dir, id string) (*group, error) {
	if err := checkID("deployment group ID", id); err != nil {
		return nil, err
	}
	if id == instructionsName {
		return nil, fmt.Errorf("deployment group ID %q is the name of the agent's own folder", id)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	return &group{root: filepath.Join(abs, deploymentRoot), id: id}, nil
}

// checkID refuses what cannot be the name of a folder of its own.
func checkID(what, id string) error {
	isOdd := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._+=,@-", r))
	}
	if id == "" || len(id) > 100 || strings.Trim(id, ".") == "" || strings.ContainsFunc(id, isOdd) || !filepath.IsLocal(id) {
		return fmt.Errorf("%s %q is not valid: want 1 to 100 characters of A-Z a-z 0-9 . _ + = , @ -", what, id)
	}
	return nil
}

func (g *group) folder() string              { return filepath.Join(g.root, g.id) }
func (g *group) deployment(id string) string { return filepath.Join(g.root, g.id, id) }
func (g *group) archive(id string) string    { return filepath.Join(g.root, g.id, id, archiveName) }
func (g *group) instructions(suffix string) string {
	return filepath.Join(g.root, instructionsName, g.id+suffix)
}

// begin makes the folder of a new deployment and takes the group's lock, which end gives back.
func (g *group) begin(id string) (end func() error, err error) {
	if err := checkID("deployment ID", id); err != nil {
		return nil, err
	}
	for _, dir := range []string{filepath.Join(g.root, instructionsName), g.folder()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	lock, err := flock.Take(g.instructions(".lock"))
	if flock.Held(err) {
		return nil, &BusyError{g.id}
	}
	if err != nil {
		return nil, fmt.Errorf("lock deployment group %s: %w", g.id, err)
	}
	if err := os.Mkdir(g.deployment(id), 0o755); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock.Close, nil
}

// installed reads the record of what was installed. A last line that is cut off does not count.
func (g *group) installed() ([]string, error) {
	data, err := os.ReadFile(g.instructions("-cleanup"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	lines := strings.SplitAfter(string(data), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool { return !strings.HasSuffix(line, "\n") })
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\n")
	}
	return lines, nil
}

// lastSuccessful returns the ID of the deployment whose revision is the last successful one; "" when
// there is none.
func (g *group) lastSuccessful() (string, error) {
	data, err := os.ReadFile(g.instructions("_last_successful_install"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(string(data))
	if err := checkID("deployment ID", id); err != nil {
		return "", fmt.Errorf("read the last successful deployment: %w", err)
	}
	return id, nil
}

// vouchedSuffix ends the name of the record of the last successful deployment when it was vouched for.
const vouchedSuffix = "_vouched_install"

// vouchedFor reports whether a deployment, the last successful one, was vouched for. No record, or one of
// another deployment, means that it was not.
func (g *group) vouchedFor(id string) bool {
	data, err := os.ReadFile(g.instructions(vouchedSuffix))
	return err == nil && id != "" && strings.TrimSpace(string(data)) == id
}

// point records a deployment under a suffix like "_last_successful_install", all or nothing.
func (g *group) point(suffix, id string) error {
	return wholefile.Replace(g.instructions(suffix), []byte(id+"\n"))
}

// prune removes the oldest deployments, so that with the present one as many are kept as the agent
// keeps. The last successful one stays.
// Source: aws/aws-codedeploy-agent command_executor.rb cleanup_old_archives.
func (g *group) prune(present string) error {
	entries, err := os.ReadDir(g.folder())
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == present })
	extra := len(entries) - keptRevisions + 1
	if extra <= 0 {
		return nil
	}
	last, err := g.lastSuccessful()
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == last })
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int { return modified(a).Compare(modified(b)) })
	for _, entry := range entries[:min(extra, len(entries))] {
		if err := removeAll(g.deployment(entry.Name())); err != nil {
			return fmt.Errorf("remove old revision: %w", err)
		}
	}
	return nil
}

func modified(entry fs.DirEntry) time.Time {
	info, err := entry.Info()
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// removeAll removes a folder even where the modes of a revision's folders forbid it.
func removeAll(dir string) error {
	err := os.RemoveAll(dir)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	walkErr := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, _ error) error {
		if entry != nil && entry.IsDir() {
			return os.Chmod(name, 0o700)
		}
		return nil
	})
	if walkErr != nil {
		return errors.Join(err, walkErr)
	}
	return os.RemoveAll(dir)
}
