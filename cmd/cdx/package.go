package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/infile"
	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/bundle"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// packaged is a directory whose AppSpec file was found in order.
type packaged struct {
	dir        string
	appSpec    *appspec.File
	content    []byte       // of the AppSpec file
	tree       *bundle.Tree // what ships; nil for ECS and Lambda, where the AppSpec file is the revision
	bundleType bundle.Type
	meter      *meter
}

// files counts the files that ship.
func (p *packaged) files() int {
	count := 0
	for _, entry := range p.tree.Entries() {
		if entry.Mode.IsRegular() {
			count++
		}
	}
	return count
}

// packageFlags are the settings that decide what a bundle contains.
var packageFlags = []string{
	"source", "appspec", "ignore-hidden-files", "include", "exclude", "symlinks", "allow-outside-links", "secrets", "git-modes",
}

// directory is the one to package: the argument, else the setting source, else
// the current one.
func directory(set *settings.Set, args []string) (string, error) {
	dir := set.String("source")
	switch {
	case len(args) > 0 && dir != "" && !set.Trusted("source"), len(args) > 0 && dir == "":
		dir = args[0]
	case len(args) > 0:
		return "", &usageError{message: fmt.Sprintf("directory %q and %s=%q", args[0], set.Origin("source"), dir), hint: "give one of them"}
	case dir == "":
		dir = "."
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", &usageError{message: fmt.Sprintf("directory %q: %v", dir, cause(err)), hint: "give the directory that holds appspec.yml"}
	}
	if !info.IsDir() {
		return "", &usageError{message: fmt.Sprintf("%q is a file, not a directory", dir), hint: "give the directory that holds appspec.yml"}
	}
	return dir, nil
}

// cause leaves the path out of a file system's error, where the sentence has it.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// packageDir looks at a directory as an agent would: it finds and checks the
// AppSpec file and selects what ships. Nothing is read but the AppSpec file. One for
// ECS or Lambda is left for those to check who deploy it.
func (p *program) packageDir(ctx context.Context, set *settings.Set, dir string) (*packaged, error) {
	path, content, err := readAppSpec(set, dir)
	if err != nil {
		return nil, err
	}
	if content, err = p.fillIn(ctx, set, path, content); err != nil {
		return nil, err
	}
	pkg := &packaged{dir: dir, content: content, appSpec: appspec.Parse(path, content), meter: &meter{progress: p.progress}}
	if platform := pkg.appSpec.Platform(); platform == appspec.Server || platform == "" {
		pkg.tree, err = p.selectFiles(ctx, set, pkg, path)
		if err != nil {
			return nil, err
		}
		return pkg, p.checkAppSpec(set, pkg)
	}
	return pkg, nil
}

// readAppSpec finds the AppSpec file of a directory and reads it.
func readAppSpec(set *settings.Set, dir string) (path string, content []byte, err error) {
	path = set.String("appspec")
	if path == "" {
		name, err := appspec.Find(os.DirFS(dir))
		if err != nil {
			return "", nil, noAppSpec(dir, err)
		}
		path = filepath.Join(dir, name)
	}
	content, err = infile.Read(path, appspec.MaxSize)
	var kind *infile.KindError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil, &appSpecError{message: fmt.Sprintf("AppSpec file %s does not exist", path), hint: "give an existing file to --appspec"}
	case errors.As(err, &kind):
		return "", nil, &appSpecError{message: "AppSpec file: " + kind.Error(), hint: "give a file to --appspec", cause: err}
	case err != nil:
		return "", nil, fmt.Errorf("read AppSpec file: %w", err)
	}
	return path, content, nil
}

func noAppSpec(dir string, err error) error {
	failure := &appSpecError{message: fmt.Sprintf("%s: %v", dir, err), cause: err}
	var missing *appspec.NotFoundError
	switch {
	case errors.As(err, &missing) && filepath.Dir(missing.Nearest) != ".":
		failure.hint = "give the folder that is to be the revision's root: " + filepath.Join(dir, filepath.Dir(missing.Nearest))
	case errors.As(err, &missing) && missing.Nearest != "":
		failure.hint = "the agents read appspec.yml only: rename it, or give --appspec " + revision.ShellQuote(filepath.Join(dir, missing.Nearest))
	case err != nil:
		failure.hint = "put an appspec.yml into the directory, or name one with --appspec FILE"
	}
	return failure
}

// checkAppSpec prints what is wrong with an AppSpec file that is deployed as it is, and
// refuses one with errors.
func (p *program) checkAppSpec(set *settings.Set, pkg *packaged) error {
	var options appspec.Options
	if pkg.tree != nil {
		options.Files = os.DirFS(pkg.dir)
		options.LeftOut = leftOut(pkg.tree)
	}
	findings := p.reportFindings(set, pkg.appSpec, options)
	if path := pkg.appSpec.Name(); appspec.HasErrors(findings) {
		hint := cmp.Or(fillHint(pkg.appSpec.Platform(), findings), "mend it, then check it with: cdx validate "+revision.ShellQuote(path))
		return &appSpecError{message: path + " would make the deployment fail; nothing was sent", hint: hint}
	}
	return nil
}

// reportFindings prints what is wrong with an AppSpec file that is deployed as it is, and returns it.
func (p *program) reportFindings(set *settings.Set, file *appspec.File, options appspec.Options) []appspec.Finding {
	options.Final, options.Agent = true, appspec.Agent(set.String("agent"))
	findings := appspec.Check(file, options)
	checked := []report.CheckedFile{report.Checked(file, file.Platform(), findings)}
	if text := report.FindingsText(p.streams.ErrStyle(), checked); text != "" {
		p.progress.Report(text)
	}
	return findings
}

func leftOut(tree *bundle.Tree) func(string) (string, bool) {
	rules := make(map[string]string)
	for _, out := range tree.LeftOut() {
		rules[out.Path] = out.Rule
	}
	return func(path string) (string, bool) {
		for at := path; at != "." && at != "" && at != "/"; at = filepath.ToSlash(filepath.Dir(at)) {
			if rule, out := rules[at]; out {
				return rule, true
			}
		}
		return "", false
	}
}

// selectFiles decides what ships and says what the user should know about it.
func (p *program) selectFiles(ctx context.Context, set *settings.Set, pkg *packaged, path string) (*bundle.Tree, error) {
	options, err := p.bundleOptions(ctx, set, pkg, path)
	if err != nil {
		return nil, err
	}
	tree, err := bundle.Select(ctx, pkg.dir, options)
	if err != nil {
		return nil, err
	}
	secrets := 0
	for _, warning := range tree.Warnings() {
		if warning.Kind == bundle.WarnSecret {
			if set.String("secrets") == "allow" {
				continue
			}
			secrets++
		}
		p.progress.Warn(warning.String())
	}
	switch {
	case secrets == 0:
	case set.String("secrets") == "error":
		return nil, &appSpecError{
			message: fmt.Sprintf("%s holds files that look like secrets; nothing was sent", pkg.dir),
			hint:    "leave them out with --exclude or a .cdxignore, or give --secrets warn",
		}
	default:
		p.progress.Hint("leave what is secret out with --exclude or a .cdxignore; to hear no more of it: --secrets allow")
	}
	return tree, nil
}

func (p *program) bundleOptions(ctx context.Context, set *settings.Set, pkg *packaged, path string) (bundle.Options, error) {
	var err error
	if pkg.bundleType, err = bundleType(set); err != nil {
		return bundle.Options{}, err
	}
	options := bundle.Options{
		Type:              pkg.bundleType,
		IgnoreHidden:      set.Bool("ignore-hidden-files"),
		Include:           set.Strings("include"),
		Exclude:           append(p.job.files.leftOutFiles(pkg.dir), set.Strings("exclude")...),
		Symlinks:          bundle.SymlinkPolicy(set.String("symlinks")),
		AllowOutsideLinks: set.Bool("allow-outside-links"),
		Level:             compressionLevel(set.String("compression-level")),
		OnHash:            pkg.meter.advance,
		OnWrite:           pkg.meter.advance,
	}
	if set.String("appspec") != "" {
		options.AppSpec = path
	}
	options.Windows = forWindows(pkg.appSpec)
	facts := checkout.Read(ctx, pkg.dir, p.lookupEnv)
	switch {
	case runtime.GOOS == "windows":
		options.Mode = facts.TrackedMode
	case set.Bool("git-modes"):
		options.Mode = gitMode
	}
	options.ModTime, err = p.modTime(facts)
	return options, err
}

// compressionLevel is the library's number for a level as users know it from other
// programs, where 0 is no compression.
func compressionLevel(text string) int {
	switch text {
	case "":
		return bundle.LevelDefault
	case "0":
		return bundle.LevelStore
	}
	level, _ := strconv.Atoi(text) // one digit: the setting allows nothing else
	return level
}

// forWindows reports a file for Windows servers.
func forWindows(file *appspec.File) bool {
	spec, err := file.Spec(appspec.AgentV1)
	return err == nil && spec.OS == "windows"
}

// gitMode reduces a mode to the two that git knows; folders, whose modes it does
// not, are 755.
func gitMode(_ string, mode fs.FileMode) fs.FileMode {
	if mode.IsDir() || mode&0o100 != 0 {
		return 0o755
	}
	return 0o644
}

// modTime is the time stamp of every file in the bundle: SOURCE_DATE_EPOCH, else
// the commit's time in a clean checkout, else zero for each file's own.
// Source: https://reproducible-builds.org/specs/source-date-epoch/.
func (p *program) modTime(facts checkout.Facts) (time.Time, error) {
	text, ok := p.lookupEnv("SOURCE_DATE_EPOCH")
	if ok && text != "" {
		seconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return time.Time{}, &usageError{message: fmt.Sprintf("SOURCE_DATE_EPOCH: expected seconds since 1970, not %q", text), hint: "unset it, or set it to what date +%s prints"}
		}
		return time.Unix(seconds, 0), nil
	}
	if facts.Clean() {
		return facts.CommitTime(), nil
	}
	return time.Time{}, nil
}

// bundleType is what the settings ask for: --bundle-type and the key's suffix
// must agree.
func bundleType(set *settings.Set) (bundle.Type, error) {
	asked := bundle.Type(set.String("bundle-type"))
	key := set.String("key")
	if location := set.String("s3-location"); location != "" {
		key = location
	}
	bySuffix, known := bundle.TypeForKey(key)
	switch {
	case asked == "" && known:
		return bySuffix, nil
	case asked == "":
		return bundle.Zip, nil
	case known && asked != bySuffix:
		return "", &usageError{message: fmt.Sprintf("--bundle-type %s contradicts the key %q", asked, key), hint: "leave --bundle-type out, or change the key's suffix"}
	default:
		return asked, nil
	}
}
