package onpremises

import (
	"context"
	"encoding/xml"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// world is a fake of CodeDeploy and IAM that notes what it is asked for and fails where it
// is told to.
type world struct {
	instances map[string]*types.InstanceInfo
	fail      map[string]error
	after     map[string]error // fails after having done it
	calls     []string
}

func newWorld() *world {
	return &world{instances: map[string]*types.InstanceInfo{}, fail: map[string]error{}, after: map[string]error{}}
}

func (w *world) called(name string) error {
	w.calls = append(w.calls, name)
	return w.fail[name]
}

func (w *world) Call(_ context.Context, action string, parameters map[string]string, out any) error {
	if err := w.called(action); err != nil {
		return err
	}
	answers := map[string]string{
		"CreateUser":       "<User><Arn>arn:aws:iam::1:user" + parameters["Path"] + parameters["UserName"] + "</Arn></User>",
		"CreateAccessKey":  "<AccessKey><AccessKeyId>AKIA1</AccessKeyId><SecretAccessKey>hush</SecretAccessKey></AccessKey>",
		"ListUserPolicies": "<PolicyNames><member>codedeploy-agent</member></PolicyNames>",
		"ListAccessKeys":   "<AccessKeyMetadata><member><AccessKeyId>AKIA1</AccessKeyId></member></AccessKeyMetadata><IsTruncated>true</IsTruncated><Marker>more</Marker>",
	}
	if parameters["Marker"] == "more" {
		answers["ListAccessKeys"] = "<AccessKeyMetadata><member><AccessKeyId>AKIA2</AccessKeyId></member></AccessKeyMetadata>"
	}
	if out == nil {
		return nil
	}
	return xml.Unmarshal([]byte("<R><"+action+"Result>"+answers[action]+"</"+action+"Result></R>"), out)
}

func (w *world) GetOnPremisesInstance(_ context.Context, in *codedeploy.GetOnPremisesInstanceInput, _ ...func(*codedeploy.Options)) (*codedeploy.GetOnPremisesInstanceOutput, error) {
	info := w.instances[*in.InstanceName]
	if err := w.called("Get"); err != nil {
		return nil, err
	}
	if info == nil {
		return nil, refusal("InstanceNotRegisteredException")
	}
	return &codedeploy.GetOnPremisesInstanceOutput{InstanceInfo: info}, nil
}

func (w *world) RegisterOnPremisesInstance(_ context.Context, in *codedeploy.RegisterOnPremisesInstanceInput, _ ...func(*codedeploy.Options)) (*codedeploy.RegisterOnPremisesInstanceOutput, error) {
	if err := w.called("Register"); err != nil {
		return nil, err
	}
	w.instances[*in.InstanceName] = &types.InstanceInfo{InstanceName: in.InstanceName, IamUserArn: in.IamUserArn, IamSessionArn: in.IamSessionArn}
	return new(codedeploy.RegisterOnPremisesInstanceOutput), w.after["Register"]
}

func (w *world) DeregisterOnPremisesInstance(context.Context, *codedeploy.DeregisterOnPremisesInstanceInput, ...func(*codedeploy.Options)) (*codedeploy.DeregisterOnPremisesInstanceOutput, error) {
	return new(codedeploy.DeregisterOnPremisesInstanceOutput), w.called("Deregister")
}

func (w *world) AddTagsToOnPremisesInstances(context.Context, *codedeploy.AddTagsToOnPremisesInstancesInput, ...func(*codedeploy.Options)) (*codedeploy.AddTagsToOnPremisesInstancesOutput, error) {
	return new(codedeploy.AddTagsToOnPremisesInstancesOutput), w.called("AddTags")
}

func (w *world) RemoveTagsFromOnPremisesInstances(context.Context, *codedeploy.RemoveTagsFromOnPremisesInstancesInput, ...func(*codedeploy.Options)) (*codedeploy.RemoveTagsFromOnPremisesInstancesOutput, error) {
	return new(codedeploy.RemoveTagsFromOnPremisesInstancesOutput), w.called("RemoveTags")
}

// refusal is an answer that something was not done.
func refusal(code string) error { return answered(http.StatusBadRequest, code) }

func answered(status int, code string) error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
		Err:      &smithy.GenericAPIError{Code: code},
	}
}

var errLost = errors.New("connection lost")

func registration(t *testing.T) Registration {
	return Registration{Name: "web", Region: "eu-west-1", File: filepath.Join(t.TempDir(), FileName)}
}

// files are the names in the folder of the configuration file.
func files(t *testing.T, r Registration) string {
	entries, err := os.ReadDir(filepath.Dir(r.File))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}

func TestRegister(t *testing.T) {
	w, r := newWorld(), registration(t)
	r.Tags = []types.Tag{{Key: aws.String("app"), Value: aws.String("web")}}
	done, err := Register(t.Context(), w, w, r)
	if err != nil {
		t.Fatal(err)
	}
	if *done != (Registered{Name: "web", IdentityARN: "arn:aws:iam::1:user/AWS/CodeDeploy/web", AccessKeyID: "AKIA1", File: r.File, UserCreated: true}) {
		t.Errorf("%+v", done)
	}
	if got := strings.Join(w.calls, " "); got != "Get CreateUser PutUserPolicy CreateAccessKey Register AddTags" {
		t.Error(got)
	}
	text, err := os.ReadFile(r.File)
	if want := "---\nregion: eu-west-1\niam_user_arn: arn:aws:iam::1:user/AWS/CodeDeploy/web\naws_access_key_id: AKIA1\naws_secret_access_key: hush\n"; string(text) != want || err != nil {
		t.Errorf("%s, %v", text, err)
	}
	if info, err := os.Stat(r.File); err != nil || info.Mode().Perm() != 0o600 && os.PathSeparator == '/' {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if files(t, r) != FileName {
		t.Errorf("files: %s", files(t, r))
	}
}

// TestRegisterFails makes each step fail: with a refusal everything is taken back, and no
// file is left.
func TestRegisterFails(t *testing.T) {
	for _, test := range []struct {
		fail  string
		err   error
		calls string // after the one that failed
		left  string
	}{
		{"Get", refusal("InvalidInstanceNameException"), "", ""},
		{"CreateUser", refusal("AccessDenied"), "", ""},
		{"CreateUser", errLost, "", "perhaps the IAM user web"},
		{"CreateUser", answered(http.StatusServiceUnavailable, "ServiceUnavailable"), "", "perhaps the IAM user web"},
		{"PutUserPolicy", refusal("AccessDenied"), "ListUserPolicies DeleteUserPolicy ListAccessKeys ListAccessKeys DeleteAccessKey DeleteAccessKey DeleteUser", ""},
		{"CreateAccessKey", errLost, "ListUserPolicies DeleteUserPolicy ListAccessKeys ListAccessKeys DeleteAccessKey DeleteAccessKey DeleteUser", ""},
		{"Register", refusal("AccessDeniedException"), "ListUserPolicies DeleteUserPolicy ListAccessKeys ListAccessKeys DeleteAccessKey DeleteAccessKey DeleteUser", ""},
		{"Register", errLost, "Get ListUserPolicies DeleteUserPolicy ListAccessKeys ListAccessKeys DeleteAccessKey DeleteAccessKey DeleteUser", ""},
	} {
		w, r := newWorld(), registration(t)
		w.fail[test.fail] = test.err
		_, err := Register(t.Context(), w, w, r)
		if !errors.Is(err, test.err) {
			t.Errorf("%s: %v", test.fail, err)
		}
		at := slices.Index(w.calls, test.fail)
		if got := strings.Join(w.calls[at+1:], " "); got != test.calls {
			t.Errorf("%s, %v: then %s", test.fail, test.err, got)
		}
		var left *LeftError
		if errors.As(err, &left) != (test.left != "") || test.left != "" && (left.Left[0].What != test.left || !strings.HasPrefix(left.Error(), "left behind: "+test.left+": ")) {
			t.Errorf("%s, %v: left %v", test.fail, test.err, err)
		}
		if got := files(t, r); got != "" {
			t.Errorf("%s, %v: files %s", test.fail, test.err, got)
		}
	}
}

// TestRegisterCancelled takes back what was made although the context has ended.
func TestRegisterCancelled(t *testing.T) {
	w, r := newWorld(), registration(t)
	ctx, cancel := context.WithCancel(t.Context())
	r.Tell = func(string) { cancel() }
	w.fail["PutUserPolicy"] = context.Canceled
	if _, err := Register(ctx, w, w, r); !errors.Is(err, context.Canceled) || !slices.Contains(w.calls, "DeleteUser") {
		t.Errorf("%v after %v", err, w.calls)
	}
}

func TestRegisterAnswerLost(t *testing.T) {
	for _, lost := range []error{errLost, refusal("InstanceNameAlreadyRegisteredException")} {
		w, r := newWorld(), registration(t)
		w.after["Register"] = lost
		if done, err := Register(t.Context(), w, w, r); err != nil || done.File != r.File {
			t.Errorf("%v: %+v, %v", lost, done, err)
		}
	}
	w, r := newWorld(), registration(t)
	r.UserARN, r.CreateKey = "arn:aws:iam::1:user/mine", true
	w.fail["Register"], w.fail["DeleteAccessKey"] = errLost, refusal("AccessDenied")
	once := 0
	r.Tell = func(string) { once++; w.fail["Get"] = errLost } // from the first step on, nobody can tell
	_, err := Register(t.Context(), w, w, r)
	var left *LeftError
	if !errors.As(err, &left) || len(left.Left) != 2 || left.Left[0].What != "perhaps the registration of web" || left.Left[1].Remove != "aws iam delete-access-key --user-name mine --access-key-id AKIA1" {
		t.Errorf("%v after %v", err, w.calls)
	}
}

func TestRegisterThere(t *testing.T) {
	w, r := newWorld(), registration(t)
	r.UserARN = "arn:aws:iam::1:user/mine"
	for range 2 { // the second time it is there
		if done, err := Register(t.Context(), w, w, r); err != nil || done.IdentityARN != r.UserARN || done.File != "" {
			t.Errorf("%+v, %v", done, err)
		}
	}
	if got := strings.Join(w.calls, " "); got != "Get Register Get" {
		t.Error(got)
	}
	r.UserARN = "arn:aws:iam::1:user/other"
	var registered *RegisteredError
	if _, err := Register(t.Context(), w, w, r); !errors.As(err, &registered) || registered.Error() != "on-premises instance web is registered already, as arn:aws:iam::1:user/mine" {
		t.Error(err)
	}
	w.instances["web"].DeregisterTime = aws.Time(time.Unix(1, 0))
	w.fail["AddTags"] = refusal("TagLimitExceededException")
	r.Tags = []types.Tag{{Key: aws.String("a")}}
	var tags *TagsError
	if _, err := Register(t.Context(), w, w, r); !errors.As(err, &tags) || !errors.Is(err, w.fail["AddTags"]) || tags.Error() == "" {
		t.Error(err)
	}
	w.fail["Get"] = refusal("AccessDeniedException")
	r.Tags = nil
	if _, err := Register(t.Context(), w, w, r); err != nil {
		t.Errorf("without the permission to look: %v", err)
	}
}

func TestRegisterSession(t *testing.T) {
	w, r := newWorld(), registration(t)
	r.SessionARN, r.CredentialsFile = "arn:aws:sts::1:assumed-role/Deploy/web", "/etc/credentials"
	if _, err := Register(t.Context(), w, w, r); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(r.File)
	if want := "---\nregion: eu-west-1\niam_session_arn: arn:aws:sts::1:assumed-role/Deploy/web\naws_credentials_file: /etc/credentials\n"; string(text) != want {
		t.Errorf("%s", text)
	}
}

func TestConfigurationFileThere(t *testing.T) {
	w, r := newWorld(), registration(t)
	if err := os.WriteFile(r.File, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	var exists *ExistsError
	if _, err := Register(t.Context(), w, w, r); !errors.As(err, &exists) || exists.Error() != r.File+" is there already" || slices.Contains(w.calls, "CreateUser") {
		t.Errorf("%v after %v", err, w.calls)
	}
	r.Overwrite = true
	w.fail["Register"] = refusal("AccessDeniedException")
	_, _ = Register(t.Context(), w, w, r)
	if text, err := os.ReadFile(r.File); string(text) != "old" || err != nil {
		t.Errorf("a failure replaces the file: %s, %v", text, err)
	}
	w.fail["Register"] = nil
	if _, err := Register(t.Context(), w, w, r); err != nil || files(t, r) != FileName {
		t.Errorf("%v, files %s", err, files(t, r))
	}
	r.File = filepath.Join(r.File, "below")
	if _, err := Register(t.Context(), newWorld(), w, r); err == nil {
		t.Error("a file below a file")
	}
	w, r = newWorld(), registration(t)
	r.File, r.Overwrite = filepath.Dir(r.File), true
	if _, err := Register(t.Context(), w, w, r); err == nil || !strings.Contains(err.Error(), "is a folder") || slices.Contains(w.calls, "CreateUser") {
		t.Errorf("a folder in place of the file: %v after %v", err, w.calls)
	}
	r = registration(t)
	r.File = filepath.Join(filepath.Dir(r.File), "none", "file")
	if _, err := Register(t.Context(), newWorld(), w, r); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestRenameFails leaves the configuration, with the only copy of the secret, and says
// where.
func TestRenameFails(t *testing.T) {
	w, r := newWorld(), registration(t)
	r.Tell = func(done string) {
		if strings.HasPrefix(done, "access key") { // a folder has come in the way
			if err := os.MkdirAll(filepath.Join(r.File, "below"), 0o700); err != nil {
				t.Error(err)
			}
		}
	}
	_, err := Register(t.Context(), w, w, r)
	var left *LeftError
	if !errors.As(err, &left) || !strings.Contains(err.Error(), "the configuration is in ") || slices.Contains(w.calls, "DeleteUser") {
		t.Errorf("%v after %v", err, w.calls)
	}
}

func TestCheck(t *testing.T) {
	long := strings.Repeat("x", 300)
	tag := func(key, value string) []types.Tag { return []types.Tag{{Key: &key, Value: &value}} }
	user, session := "arn:aws:iam::1:user/me", "arn:aws:sts::1:assumed-role/a/b"
	for _, r := range []Registration{
		{}, {Name: "i-1"}, {Name: long}, {Name: "a/b"}, {Name: "ä"}, {Name: "a b"}, {Name: "a[b"}, {Name: "a:b"}, {Name: "a'b"},
		{Name: "a", UserARN: user, SessionARN: session}, {Name: "a", UserARN: "me"}, {Name: "a", SessionARN: user, CredentialsFile: "x"},
		{Name: "a", SessionARN: session}, {Name: "a", CredentialsFile: "x"}, {Name: "a", CreateKey: true}, {Name: "a", SessionARN: session, CredentialsFile: "a\nb: c"},
		{Name: "a", Tags: make([]types.Tag, 11)}, {Name: "a", Tags: tag("", "x")}, {Name: "a", Tags: tag(long, "x")}, {Name: "a", Tags: tag("x", long)},
	} {
		var mistake *InputError
		if err := r.Check(); !errors.As(err, &mistake) || mistake.Error() == "" {
			t.Errorf("%+v: %v", r, err)
		}
		if _, err := Register(t.Context(), newWorld(), newWorld(), r); !errors.As(err, &mistake) {
			t.Errorf("%+v is registered: %v", r, err)
		}
	}
	if err := (&Registration{Name: "Az09+=,.@_-", UserARN: user, CreateKey: true, Tags: tag("key", "")}).Check(); err != nil {
		t.Error(err)
	}
}

func TestDeregister(t *testing.T) {
	info := &types.InstanceInfo{InstanceName: aws.String("web"), IamUserArn: aws.String("arn:aws:iam::1:user/AWS/CodeDeploy/web"), Tags: []types.Tag{{Key: aws.String("a")}}}
	w := newWorld()
	var told []string
	tell := func(done string) { told = append(told, done) }
	w.fail["DeleteUserPolicy"] = refusal("NoSuchEntity")
	if err := Deregister(t.Context(), w, w, info, false, tell); err != nil || len(told) != 3 {
		t.Errorf("%v, %v", err, told)
	}
	if got := strings.Join(w.calls, " "); got != "RemoveTags Deregister ListUserPolicies DeleteUserPolicy ListAccessKeys ListAccessKeys DeleteAccessKey DeleteAccessKey DeleteUser" {
		t.Error(got)
	}
	for _, operation := range []string{"ListAccessKeys", "DeleteAccessKey", "DeleteUser"} {
		w = newWorld()
		w.fail[operation] = refusal("AccessDenied")
		err := Deregister(t.Context(), w, w, info, false, tell)
		var failed *StepError
		if !errors.As(err, &failed) || len(failed.Done) != 2 || len(failed.Left) != 1 || !errors.Is(err, w.fail[operation]) {
			t.Errorf("%s: %v", operation, err)
		}
	}
	w = newWorld()
	w.fail["RemoveTags"] = refusal("AccessDeniedException")
	if err := Deregister(t.Context(), w, w, info, true, tell); !strings.HasPrefix(err.Error(), "done: nothing; not done: remove the tags of web, deregister web: ") {
		t.Error(err)
	}
	info.DeregisterTime = aws.Time(time.Unix(1, 0))
	if got := strings.Join(Steps(info, false), "|"); got != "delete the IAM user arn:aws:iam::1:user/AWS/CodeDeploy/web" {
		t.Error(got)
	}
	info.IamUserArn = aws.String("arn:aws:iam::1:user/mine")
	if got := Steps(info, false); len(got) != 0 {
		t.Error(got)
	}
	info.IamUserArn, info.IamSessionArn = nil, aws.String("session")
	if IdentityOf(info) != "session" {
		t.Error("identity of a session")
	}
}

// TestInstall has a step for each thing that AWS's pages say, for every system.
func TestInstall(t *testing.T) {
	for _, test := range []struct {
		system, region string
		version        int
		want           []string
	}{
		{"amazon-linux", "eu-west-1", 1, []string{"sudo yum -y install ruby wget", "wget https://aws-codedeploy-eu-west-1.s3.eu-west-1.amazonaws.com/latest/install", "sudo AWS_REGION=eu-west-1 ./install auto"}},
		{"rhel", "cn-north-1", 2, []string{"sudo yum -y install wget", "wget https://aws-codedeploy-cn-north-1.s3.cn-north-1.amazonaws.com.cn/latestv2/install"}},
		{"ubuntu", "eu-west-1", 1, []string{"apt-get -y install ruby-full wget", "./install auto\n", "sudo install -m 600 'it'\"'\"'s.yml' /etc/codedeploy-agent/conf/codedeploy.onpremises.yml"}},
		{"ubuntu-20.04", "eu-west-1", 2, []string{"apt-get -y install wget", "./install auto > /tmp/logfile"}},
		{"windows", "eu-west-1", 1, []string{"latest/codedeploy-agent.msi", `Move-Item -Path 'it''s.yml' -Destination "C:\ProgramData\Amazon\CodeDeploy\conf.onpremises.yml"`}},
	} {
		steps, err := Install(test.system, test.region, "it's.yml", test.version)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, step := range steps {
			text += step.About + "\n" + strings.Join(step.Commands, "\n") + "\n"
		}
		for _, want := range test.want {
			if !strings.Contains(text, want) && !strings.Contains(text, strings.ReplaceAll(want, `'"'"'`, `'\''`)) {
				t.Errorf("%s lacks %s:\n%s", test.system, want, text)
			}
		}
		if !slices.Contains(OSes(), test.system) || ConfigurationFile(test.system) == "" || len(Uninstall(test.system)) != 2 {
			t.Errorf("%s", test.system)
		}
	}
	var mistake *InputError
	if _, err := Install("windows", "eu-west-1", FileName, 2); !errors.As(err, &mistake) {
		t.Error(err)
	}
}
