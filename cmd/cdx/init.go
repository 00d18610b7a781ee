package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/checkout"
	"github.com/cdx-deploy/cdx/internal/scaffold"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/internal/term"
	"github.com/cdx-deploy/cdx/pkg/appspec"
)

func newInitCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:     "init [DIR]",
		GroupID: furtherCommands,
		Short:   "Write appspec.yml, hook scripts and cdx.yml for a directory",
		Long: `Looks at the directory and writes what a deployment of it needs: appspec.yml, hook
scripts, a systemd unit where a program has to run, cdx.yml, and with --ci a file
for a CI system. On a terminal it asks what it cannot see; elsewhere, and with
--yes, it takes flags and defaults. No file is replaced without a question or
--force.

--from reads the deployments of CircleCI 1.0 (circle.yml), of CircleCI's
aws-code-deploy orb (.circleci/config.yml) or of Travis CI (.travis.yml) and writes
them as cdx.yml; what cannot be carried over is listed with its line.

--create makes the CodeDeploy application and deployment groups that are missing,
after showing them; where cdx.yml is there already, it does nothing else.`,
		Example: `  cdx init
  cdx init --yes --application-name shop --bucket my-bucket --ci github
  cdx init --from .travis.yml
  cdx init --create \
    --service-role-arn arn:aws:iam::111122223333:role/CodeDeploy \
    --ec2-tag-filters Key=app,Value=shop,Type=KEY_AND_VALUE`,
		Args: arguments(0, 1),
		RunE: func(c *cobra.Command, args []string) error { return p.initialise(c, args) },
	}
	settings.AddFlags(c.Flags(), "application-name", "deployment-group-name", "bucket", "language", "platform", "start-command", "port")
	c.Flags().String("ci", "", "write a file for this CI `SYSTEM`: "+oneOfSystems())
	settings.AddFlags(c.Flags(), "from", "keep-existing")
	c.Flags().Bool("force", false, "replace files that are there")
	c.Flags().Bool("dry-run", false, "show what would be written and created, and do neither")
	settings.AddFlags(c.Flags(), creationFlags...)
	return c
}

func oneOfSystems() string {
	var names []string
	for _, ci := range scaffold.Systems() {
		names = append(names, string(ci))
	}
	return strings.Join(names, ", ") + " or none"
}

// initiation is one run of cdx init.
type initiation struct {
	p     *program
	set   *settings.Set
	dir   string
	asks  bool // somebody is there to be asked
	force bool
	dry   bool
	ci    scaffold.CI // empty: not said
	facts checkout.Facts
}

func (p *program) initialise(c *cobra.Command, args []string) error {
	// Here --ci asks for a file. It does not say which system's log this run writes to.
	c.Flags().Lookup("ci").Changed = false
	set, err := p.load(c)
	if err != nil {
		return err
	}
	in := &initiation{p: p, set: set, dir: ".", facts: checkout.Read(c.Context(), ".", p.lookupEnv)}
	if len(args) > 0 {
		in.dir = args[0]
		in.facts = checkout.Read(c.Context(), in.dir, p.lookupEnv)
	}
	if info, err := os.Stat(in.dir); err != nil || !info.IsDir() {
		return &usageError{message: fmt.Sprintf("%q is no directory", in.dir), hint: "give the directory of the program that is to be deployed"}
	}
	in.asks = p.streams.InTerminal && p.streams.ErrTerminal && !set.Bool("yes")
	in.force, _ = c.Flags().GetBool("force")
	in.dry, _ = c.Flags().GetBool("dry-run")
	if err := in.readCI(valueOf(c, "ci")); err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	if set.Bool("create") && p.file != nil && !in.force {
		return p.createOnly(c, in)
	}
	return in.run(c.Context())
}

// check refuses values that would make files of no use.
func (in *initiation) check() error {
	for _, name := range append(in.set.Strings("deployment-group-name"), in.set.String("application-name")) {
		if name != localName(name) {
			return &usageError{message: fmt.Sprintf("%q %s", name, noName), hint: "give another name, such as " + cmp.Or(strings.Trim(localName(name), "-"), "my-app")}
		}
	}
	if in.set.IsSet("port") && in.set.Number("port") > 65535 {
		return &usageError{message: fmt.Sprintf("--port: there is no port %d", in.set.Number("port")), hint: "give one from 1 to 65535"}
	}
	return nil
}

// noName is what is wrong with a name that CodeDeploy does not take.
const noName = "is no name for CodeDeploy: letters, digits and . _ + = , @ - make one, of 100 characters at most"

func (in *initiation) readCI(name string) error {
	known := append(scaffold.Systems(), scaffold.NoCI)
	if name != "" && !slices.Contains(known, scaffold.CI(name)) {
		return &usageError{message: fmt.Sprintf("--ci: no CI system is called %q", name), hint: "give " + oneOfSystems()}
	}
	in.ci = scaffold.CI(name)
	return nil
}

// run composes all files, decides about each, and then writes and creates.
func (in *initiation) run(ctx context.Context) error {
	composed, err := in.compose(ctx)
	if err != nil {
		return err
	}
	creation, err := in.planCreation(ctx, composed)
	if err != nil {
		return err
	}
	decided, err := in.decide(ctx, composed.files)
	if err != nil {
		return err
	}
	if in.dry {
		in.show(decided, composed, creation)
		return nil
	}
	if err := in.p.confirmCreation(ctx, creation, in.set); err != nil {
		return err
	}
	if err := in.write(decided); err != nil {
		return err
	}
	in.p.reportInit(decided, composed)
	if err := in.p.carryOut(ctx, creation); err != nil {
		return err
	}
	if in.p.out.structured() {
		in.p.out.object(composed.result(decided, creation, false))
	}
	in.adviseNext(decided, composed)
	return nil
}

// composition is what a run of cdx init is to write, and what it has to say.
type composition struct {
	files       []scaffold.File
	project     *scaffold.Project // nil with --from
	application string            // in cdx.yml; empty with --from
	groups      []string
	environment string       // the first of several in cdx.yml
	notes       []noteResult // what could not be carried over
	advice      []string     // what somebody has to do for a file to come into force
}

func (in *initiation) compose(ctx context.Context) (*composition, error) {
	if from := in.set.String("from"); from != "" {
		return in.composeFrom(from)
	}
	fsys := os.DirFS(in.dir)
	if err := in.misnamed(fsys); err != nil {
		return nil, err
	}
	answers, err := in.answers(ctx)
	if err != nil {
		return nil, err
	}
	c := &composition{project: answers.project, application: answers.application, groups: answers.groups}
	c.files = answers.project.AppSpecFiles(fsys)
	cdxYML := scaffold.Defaults(answers.project.Platform, answers.application, answers.bucket, in.set.String("region"), answers.groups)
	c.files = append(c.files, scaffold.File{Path: scaffold.SettingsName, Mode: 0o644, Text: cdxYML.Text(), What: "settings of cdx"})
	in.addCI(c, answers.project, answers.ci)
	return c, nil
}

// misnamed refuses to write an AppSpec file beside one that only has the wrong name.
func (in *initiation) misnamed(fsys fs.FS) error {
	var missing *appspec.NotFoundError
	_, err := appspec.Find(fsys)
	if in.force || !errors.As(err, &missing) || missing.Nearest == "" || strings.Contains(missing.Nearest, "/") {
		return nil
	}
	return &appSpecError{
		message: fmt.Sprintf("there is %s, and the agents read only %s", missing.Nearest, appspec.FileName),
		hint:    fmt.Sprintf("rename it to %s and run cdx init --keep-existing, or give --force to write another one", appspec.FileName),
		cause:   err,
	}
}

// addCI adds the file for a CI system, if there is to be one.
func (in *initiation) addCI(c *composition, project *scaffold.Project, ci scaffold.CI) {
	if ci == "" || ci == scaffold.NoCI {
		return
	}
	pipeline := scaffold.Pipeline{Region: in.set.String("region"), Version: releaseName()}
	file, note := project.CIFile(os.DirFS(in.dir), ci, pipeline)
	c.files = append(c.files, file)
	if note != "" {
		c.advice = append(c.advice, note)
	}
	if project.Platform != appspec.Server {
		c.advice = append(c.advice, file.Path+": publish the new version there, before cdx deploy, and give its name in "+project.FillVariable())
	}
}

// releaseName is the version of this cdx where it is a release.
func releaseName() string {
	name := strings.TrimPrefix(versionName(), "v")
	if strings.Trim(name, "0123456789.") != "" || strings.Count(name, ".") != 2 {
		return ""
	}
	return name
}

// answers are what somebody said, or what flags and defaults say.
type answers struct {
	project     *scaffold.Project
	application string
	groups      []string
	bucket      string
	ci          scaffold.CI
}

// answers asks on a terminal for what no flag gives.
func (in *initiation) answers(ctx context.Context) (*answers, error) {
	absolute, err := filepath.Abs(in.dir)
	if err != nil {
		return nil, err
	}
	fsys, language, platform := os.DirFS(in.dir), scaffold.Language(in.set.String("language")), in.platform()
	name := cmp.Or(in.set.String("application-name"), strings.Trim(localName(filepath.Base(absolute)), "-."), "app")
	a := &answers{
		application: name, groups: in.set.Strings("deployment-group-name"), bucket: in.set.String("bucket"), ci: in.ci,
		project: scaffold.Look(fsys, name, language, platform),
	}
	in.override(a.project)
	in.p.progress.Event("found " + a.project.Describe())
	if in.asks {
		if err := in.ask(ctx, a); err != nil {
			return nil, err
		}
		start := a.project.Start
		a.project = scaffold.Look(fsys, a.application, language, platform)
		in.override(a.project)
		if a.project.Start == "" {
			a.project.Start = start
		}
	}
	if len(a.groups) == 0 {
		a.groups = []string{defaultGroup}
	}
	return a, nil
}

// platform is the one that is asked for; empty: what the files say.
func (in *initiation) platform() appspec.Platform {
	name := in.set.String("platform")
	if name == "" && in.set.IsSet("compute-platform") {
		name = in.set.String("compute-platform")
	}
	return appspec.Platform(strings.ToLower(name))
}

// defaultGroup is the deployment group of a project that names none.
const defaultGroup = "production"

// override lets flags beat what the files say.
func (in *initiation) override(project *scaffold.Project) {
	if start := in.set.String("start-command"); start != "" {
		project.Start = start
	}
	if in.set.IsSet("port") {
		project.Port = in.set.Number("port")
	}
}

func (in *initiation) ask(ctx context.Context, a *answers) (err error) {
	if !in.set.IsSet("application-name") {
		if a.application, err = in.name(ctx, "CodeDeploy application", a.application); err != nil {
			return err
		}
	}
	if len(a.groups) == 0 {
		group, err := in.name(ctx, "Deployment group", defaultGroup)
		if err != nil {
			return err
		}
		a.groups = []string{group}
	}
	if a.bucket == "" && a.project.Platform == appspec.Server {
		if a.bucket, err = in.bucket(ctx); err != nil {
			return err
		}
	}
	if a.project.RunsNothing() && a.project.Language == scaffold.Other {
		if a.project.Start, err = in.question(ctx, "Command that runs the program (empty: nothing runs)", ""); err != nil {
			return err
		}
	}
	if a.ci == "" {
		return in.askCI(ctx, a)
	}
	return nil
}

func (in *initiation) askCI(ctx context.Context, a *answers) error {
	suggested := a.project.Remote
	if len(a.project.CI) > 0 {
		suggested = a.project.CI[0]
	}
	for {
		name, err := in.question(ctx, "CI file ("+oneOfSystems()+")", string(suggested))
		if err != nil {
			return err
		}
		if err = in.readCI(name); err == nil {
			a.ci = in.ci
			return nil
		}
		in.p.progress.Warn(err.Error())
	}
}

// name asks for a name until it is one that CodeDeploy takes.
func (in *initiation) name(ctx context.Context, text, or string) (string, error) {
	for {
		answer, err := in.question(ctx, text, or)
		if err != nil || answer == localName(answer) {
			return answer, err
		}
		in.p.progress.Warn(fmt.Sprintf("%q %s", answer, noName))
	}
}

// bucket asks for the bucket until it is the name of one, with or without s3:// before it.
// Source: Amazon S3 user guide, "General purpose bucket naming rules".
func (in *initiation) bucket(ctx context.Context) (string, error) {
	for {
		answer, err := in.question(ctx, "S3 bucket for revisions (empty: later)", "")
		name := strings.TrimSuffix(strings.TrimPrefix(answer, "s3://"), "/")
		if err != nil || name == "" || len(name) >= 3 && len(name) <= 63 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" {
			return name, err
		}
		in.p.progress.Warn(fmt.Sprintf("%q is no name of a bucket: small letters, digits, . and - make one, of 3 to 63 characters", answer))
	}
}

// question asks for a value and takes the one in brackets for an empty answer.
func (in *initiation) question(ctx context.Context, text, or string) (string, error) {
	if or != "" {
		text += " [" + or + "]"
	}
	answer, err := in.p.progress.Ask(ctx, text+":")
	if errors.Is(err, term.ErrNoAnswer) {
		return "", &usageError{message: "nothing was written: " + err.Error(), hint: "press Enter for what stands in brackets, or give --yes to take that everywhere"}
	}
	return cmp.Or(answer, or), err
}
