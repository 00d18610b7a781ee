package onpremises

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/deploy"
)

// Registration says what to register. Name and Region have to be given.
type Registration struct {
	Name            string
	Region          string // that the agent works with
	UserARN         string // an IAM user there is; with SessionARN empty too, one is created
	CreateKey       bool   // make an access key for UserARN and write the file
	SessionARN      string // of an IAM session, whose credentials are in CredentialsFile
	CredentialsFile string // path on the instance
	Tags            []types.Tag
	File            string // configuration file to write
	Overwrite       bool   // File may be there already
	Tell            func(done string)
}

// Check finds mistakes before anything is sent: an [*InputError].
func (r *Registration) Check() error {
	if err := CheckName(r.Name); err != nil {
		return err
	}
	switch {
	case r.UserARN != "" && r.SessionARN != "":
		return &InputError{"an IAM user and an IAM session are given, and an instance has one of them"}
	case r.UserARN != "" && !(strings.HasPrefix(r.UserARN, "arn:") && strings.Contains(r.UserARN, ":user/")):
		return &InputError{fmt.Sprintf("%q is not the ARN of an IAM user, such as arn:aws:iam::111122223333:user/NAME", r.UserARN)}
	case r.SessionARN != "" && !(strings.HasPrefix(r.SessionARN, "arn:") && strings.Contains(r.SessionARN, ":assumed-role/")):
		return &InputError{fmt.Sprintf("%q is not the ARN of an IAM session, such as arn:aws:sts::111122223333:assumed-role/ROLE/NAME", r.SessionARN)}
	case r.SessionARN != "" && r.CredentialsFile == "":
		return &InputError{"the file on the instance that has the session's credentials is not named"}
	case r.CredentialsFile != "" && r.SessionARN == "":
		return &InputError{"a file of credentials belongs to an IAM session, and none is given"}
	case r.CreateKey && r.UserARN == "":
		return &InputError{"an access key is to be created for an IAM user, and none is given"}
	case strings.ContainsAny(r.CredentialsFile, "\n\r\x00"):
		return &InputError{"the path of the file of credentials has a line break"}
	}
	return CheckTags(r.Tags)
}

// writes reports that a configuration file is written: not for a user whose access key
// somebody else has.
func (r *Registration) writes() bool { return r.UserARN == "" || r.CreateKey }

// Registered is what there is now.
type Registered struct {
	Name        string
	IdentityARN string
	AccessKeyID string // of the key that was created, if one was
	File        string // the configuration file that was written, if one was
	UserCreated bool
}

// LeftError says that something went wrong, and what of the attempt is left: each thing
// with the command that removes it.
type LeftError struct {
	Err  error
	Left []Left
}

// Left is something that is left.
type Left struct{ What, Remove string }

// Error names it.
func (e *LeftError) Error() string {
	var what []string
	for _, left := range e.Left {
		what = append(what, left.What)
	}
	return "left behind: " + strings.Join(what, ", ") + ": " + e.Err.Error()
}

// Unwrap is what went wrong.
func (e *LeftError) Unwrap() error { return e.Err }

// TagsError says that an instance is registered, but its tags were not added.
type TagsError struct{ Err error }

// Error says so.
func (e *TagsError) Error() string { return "it is registered, but add its tags: " + e.Err.Error() }

// Unwrap is the SDK's error.
func (e *TagsError) Unwrap() error { return e.Err }

// Register registers an instance. What it has created is deleted again when it cannot go
// on, also when the context has ended: a [*LeftError] says what could not be. An instance
// that is registered already with the wanted identity only gets its tags; with another it
// is a [*RegisteredError].
func Register(ctx context.Context, api API, iam IAM, r Registration) (*Registered, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	if r.Tell == nil {
		r.Tell = func(string) {}
	}
	g := &registering{Registration: r, api: api, iam: iam}
	there, err := g.isThere(ctx)
	if err != nil {
		return nil, err
	}
	if !there {
		if err := g.run(ctx); err != nil {
			return nil, g.undo(ctx, err)
		}
	}
	return &g.result, g.tag(ctx)
}

// registering is a run of [Register].
type registering struct {
	Registration
	api    API
	iam    IAM
	draft  *draft
	result Registered
	left   []Left // what may be there, and nobody can tell
}

// isThere reports that the instance is registered already as it is wanted. Without the
// permission to look, the registration itself will tell.
func (g *registering) isThere(ctx context.Context) (bool, error) {
	g.result.Name = g.Name
	info, err := Find(ctx, g.api, g.Name)
	if deploy.IsDenied(err) {
		return false, nil
	}
	if err != nil || info == nil || info.DeregisterTime != nil {
		return false, err
	}
	arn := IdentityOf(info)
	if arn != g.UserARN+g.SessionARN {
		return false, &RegisteredError{g.Name, arn}
	}
	g.result.IdentityARN = arn
	g.Tell("on-premises instance " + g.Name + " is registered already")
	return true, nil
}

// run does all but the tags.
func (g *registering) run(ctx context.Context) error {
	var err error
	if g.writes() {
		if g.draft, err = begin(g.File, g.Overwrite); err != nil {
			return err
		}
	}
	key, err := g.identify(ctx)
	if err != nil {
		return err
	}
	if g.draft != nil {
		if err := g.draft.write(g.configuration(key)); err != nil {
			return err
		}
	}
	if err := g.register(ctx); err != nil {
		return err
	}
	g.Tell("on-premises instance " + g.Name + " registered")
	if g.draft == nil {
		return nil
	}
	kept := g.draft
	g.draft = nil
	if err := kept.keep(); err != nil {
		g.result.File = kept.f.Name()
		return &LeftError{err, []Left{{"the registration of " + g.Name + ", which is whole", "rename the file to " + g.File}}}
	}
	g.result.File = g.File
	g.Tell("configuration file " + g.File + " written")
	return nil
}

// identify finds or makes the identity of the agent, and the access key that its file
// names.
func (g *registering) identify(ctx context.Context) (accessKey, error) {
	var err error
	if g.UserARN == "" && g.SessionARN == "" {
		if g.UserARN, err = createUser(ctx, g.iam, g.Name); err != nil {
			if !isRefused(err) {
				g.left = append(g.left, Left{"perhaps the IAM user " + g.Name, "aws iam delete-user --user-name " + g.Name})
			}
			return accessKey{}, err
		}
		g.result.UserCreated = true
		g.Tell("IAM user " + g.UserARN + " created")
		if err := putPolicy(ctx, g.iam, g.Name); err != nil {
			return accessKey{}, err
		}
	}
	g.result.IdentityARN = g.UserARN + g.SessionARN
	if g.SessionARN != "" || !g.result.UserCreated && !g.CreateKey {
		return accessKey{}, nil
	}
	user := userName(g.UserARN)
	key, err := createKey(ctx, g.iam, user)
	if err != nil {
		if !isRefused(err) && !g.result.UserCreated {
			g.left = append(g.left, Left{"perhaps an access key of the IAM user " + user, "aws iam list-access-keys --user-name " + user})
		}
		return accessKey{}, err
	}
	g.result.AccessKeyID = key.id
	g.Tell("access key " + key.id + " created")
	return key, nil
}

// register registers the instance. When the answer is lost, a look tells.
func (g *registering) register(ctx context.Context) error {
	in := &codedeploy.RegisterOnPremisesInstanceInput{InstanceName: &g.Name}
	if g.SessionARN != "" {
		in.IamSessionArn = &g.SessionARN
	} else {
		in.IamUserArn = &g.UserARN
	}
	_, err := g.api.RegisterOnPremisesInstance(ctx, in)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("register on-premises instance %s: %w", g.Name, err)
	if isRefused(err) && codeOf(err) != "InstanceNameAlreadyRegisteredException" { // which the SDK's second attempt gets
		return err
	}
	looking, cancel := afterwards(ctx)
	defer cancel()
	info, lookErr := Find(looking, g.api, g.Name)
	switch {
	case lookErr == nil && info != nil && info.DeregisterTime == nil && IdentityOf(info) == g.UserARN+g.SessionARN:
		return nil
	case lookErr != nil:
		g.left = append(g.left, Left{"perhaps the registration of " + g.Name, "aws deploy deregister-on-premises-instance --instance-name " + g.Name})
	}
	return err
}

// undo takes back what was done before err.
func (g *registering) undo(ctx context.Context, err error) error {
	var whole *LeftError
	if errors.As(err, &whole) {
		return err
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	g.draft.drop()
	user := userName(g.UserARN)
	switch {
	case g.result.UserCreated:
		if undoErr := deleteUser(ctx, g.iam, user); undoErr != nil {
			g.left = append(g.left, Left{fmt.Sprintf("the IAM user %s (%v)", user, undoErr), "cdx on-premises deregister " + g.Name + ", or: aws iam delete-user --user-name " + user + " after its access keys and policies"})
		} else {
			g.Tell("IAM user " + g.UserARN + " deleted again")
		}
	case g.result.AccessKeyID != "":
		if undoErr := deleteKey(ctx, g.iam, user, g.result.AccessKeyID); undoErr != nil {
			g.left = append(g.left, Left{fmt.Sprintf("the access key %s (%v)", g.result.AccessKeyID, undoErr), "aws iam delete-access-key --user-name " + user + " --access-key-id " + g.result.AccessKeyID})
		} else {
			g.Tell("access key " + g.result.AccessKeyID + " deleted again")
		}
	}
	if len(g.left) > 0 {
		return &LeftError{err, g.left}
	}
	return err
}

// undoTime bounds what is done after a context has ended.
const undoTime = 30 * time.Second

func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), undoTime)
}

func (g *registering) tag(ctx context.Context) error {
	if len(g.Tags) == 0 {
		return nil
	}
	_, err := g.api.AddTagsToOnPremisesInstances(ctx, &codedeploy.AddTagsToOnPremisesInstancesInput{InstanceNames: []string{g.Name}, Tags: g.Tags})
	if err != nil {
		return &TagsError{err}
	}
	var keys []string
	for _, tag := range g.Tags {
		keys = append(keys, aws.ToString(tag.Key))
	}
	g.Tell("tagged: " + strings.Join(keys, ", "))
	return nil
}
