package doctor

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/cdx-deploy/cdx/internal/policy"
	"github.com/cdx-deploy/cdx/internal/term"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// service answers for CodeDeploy; what is nil is refused.
type service struct {
	CodeDeployAPI // panics for what the tests do not expect
	group         *types.DeploymentGroupInfo
	deployment    *types.DeploymentInfo
	targets       []types.DeploymentTarget
	err           error
}

func (s *service) GetApplication(context.Context, *codedeploy.GetApplicationInput, ...func(*codedeploy.Options)) (*codedeploy.GetApplicationOutput, error) {
	return &codedeploy.GetApplicationOutput{}, s.err
}

func (s *service) GetApplicationRevision(context.Context, *codedeploy.GetApplicationRevisionInput, ...func(*codedeploy.Options)) (*codedeploy.GetApplicationRevisionOutput, error) {
	return &codedeploy.GetApplicationRevisionOutput{}, s.err
}

func (s *service) GetDeploymentConfig(context.Context, *codedeploy.GetDeploymentConfigInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentConfigOutput, error) {
	return &codedeploy.GetDeploymentConfigOutput{}, s.err
}

func (s *service) GetDeploymentGroup(context.Context, *codedeploy.GetDeploymentGroupInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentGroupOutput, error) {
	return &codedeploy.GetDeploymentGroupOutput{DeploymentGroupInfo: s.group}, s.err
}

func (s *service) ListApplications(context.Context, *codedeploy.ListApplicationsInput, ...func(*codedeploy.Options)) (*codedeploy.ListApplicationsOutput, error) {
	return &codedeploy.ListApplicationsOutput{}, s.err
}

func (s *service) ListDeploymentConfigs(context.Context, *codedeploy.ListDeploymentConfigsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentConfigsOutput, error) {
	return &codedeploy.ListDeploymentConfigsOutput{}, s.err
}

func (s *service) ListDeploymentGroups(context.Context, *codedeploy.ListDeploymentGroupsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentGroupsOutput, error) {
	return &codedeploy.ListDeploymentGroupsOutput{}, s.err
}

func (s *service) ListDeployments(context.Context, *codedeploy.ListDeploymentsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentsOutput, error) {
	return &codedeploy.ListDeploymentsOutput{}, s.err
}

func (s *service) GetDeployment(context.Context, *codedeploy.GetDeploymentInput, ...func(*codedeploy.Options)) (*codedeploy.GetDeploymentOutput, error) {
	if s.deployment == nil {
		return nil, refusal(http.StatusBadRequest, "DeploymentDoesNotExistException")
	}
	return &codedeploy.GetDeploymentOutput{DeploymentInfo: s.deployment}, s.err
}

func (s *service) ListDeploymentTargets(context.Context, *codedeploy.ListDeploymentTargetsInput, ...func(*codedeploy.Options)) (*codedeploy.ListDeploymentTargetsOutput, error) {
	var ids []string
	for _, target := range s.targets {
		ids = append(ids, aws.ToString(target.InstanceTarget.TargetId))
	}
	return &codedeploy.ListDeploymentTargetsOutput{TargetIds: ids}, s.err
}

func (s *service) BatchGetDeploymentTargets(context.Context, *codedeploy.BatchGetDeploymentTargetsInput, ...func(*codedeploy.Options)) (*codedeploy.BatchGetDeploymentTargetsOutput, error) {
	return &codedeploy.BatchGetDeploymentTargetsOutput{DeploymentTargets: s.targets}, s.err
}

// store answers for S3.
type store struct {
	S3API
	encryption *s3types.ServerSideEncryptionConfiguration
	block      *s3types.PublicAccessBlockConfiguration
	err        error
}

func (s *store) HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error) {
	return &s3.HeadBucketOutput{BucketRegion: aws.String("eu-west-1")}, nil
}

func (s *store) HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	return nil, s.err
}

func (s *store) GetBucketVersioning(context.Context, *s3.GetBucketVersioningInput, ...func(*s3.Options)) (*s3.GetBucketVersioningOutput, error) {
	return &s3.GetBucketVersioningOutput{}, s.err
}

func (s *store) GetBucketEncryption(context.Context, *s3.GetBucketEncryptionInput, ...func(*s3.Options)) (*s3.GetBucketEncryptionOutput, error) {
	return &s3.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: s.encryption}, s.err
}

func (s *store) GetPublicAccessBlock(context.Context, *s3.GetPublicAccessBlockInput, ...func(*s3.Options)) (*s3.GetPublicAccessBlockOutput, error) {
	return &s3.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: s.block}, s.err
}

type identities func() (*sts.GetCallerIdentityOutput, error)

func (f identities) GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error) {
	return f()
}

func refusal(status int, code string) error {
	return &smithy.OperationError{ServiceID: "CodeDeploy", OperationName: "X", Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status, Header: http.Header{"X-Amzn-Requestid": {"1"}}}},
		Err:      &smithy.GenericAPIError{Code: code, Message: "no"},
	}}
}

func subject(s *service, b *store) Subject {
	return Subject{
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", Source: "SSOProvider", CanExpire: true, Expires: now.Add(time.Hour)}, nil
		}),
		STS: identities(func() (*sts.GetCallerIdentityOutput, error) {
			return &sts.GetCallerIdentityOutput{Account: aws.String("123456789012"), Arn: aws.String("arn:aws:iam::123456789012:user/me")}, nil
		}),
		CodeDeploy: s, S3: b, Observer: new(Observer),
		Region: "eu-west-1", Application: "app", Groups: []string{"group"}, Bucket: "bucket",
		Permissions:   func(string) []policy.Permission { return nil },
		Explain:       func(_ string, err error) (string, string) { return err.Error(), "fix" },
		Now:           func() time.Time { return now },
		FollowCommand: func(id string) string { return "cdx wait " + id },
		PolicyCommand: "cdx policy",
	}
}

// find is the finding about a check.
func find(t *testing.T, all Findings, check string) Finding {
	t.Helper()
	i := slices.IndexFunc(all, func(f Finding) bool { return f.Check == check })
	if i < 0 {
		t.Fatalf("there is no finding about %s in %+v", check, all)
	}
	return all[i]
}

func server(change func(*types.DeploymentGroupInfo)) *service {
	info := &types.DeploymentGroupInfo{
		ComputePlatform: types.ComputePlatformServer, ServiceRoleArn: aws.String("arn:aws:iam::123456789012:role/r"),
		Ec2TagFilters: []types.EC2TagFilter{{Key: aws.String("Name"), Value: aws.String("web")}},
	}
	change(info)
	return &service{group: info}
}

func instance(id string, status types.TargetStatus, events ...types.LifecycleEvent) types.DeploymentTarget {
	return types.DeploymentTarget{InstanceTarget: &types.InstanceTarget{TargetId: &id, Status: status, LifecycleEvents: events}}
}

func TestGroups(t *testing.T) {
	ran := types.LifecycleEvent{LifecycleEventName: aws.String("Install"), Status: types.LifecycleEventStatusSucceeded}
	last := &types.LastDeploymentInfo{DeploymentId: aws.String("d-1"), Status: types.DeploymentStatusFailed}
	failed := &types.DeploymentInfo{DeploymentId: aws.String("d-1"), Status: types.DeploymentStatusFailed, CreateTime: &now, Revision: &types.RevisionLocation{}}
	tests := []struct {
		name    string
		service *service
		check   string
		state   State
		message string // part of it
	}{
		{"tags", server(func(*types.DeploymentGroupInfo) {}), "targets of group", NotChecked, "tag Name=web; how many match now"},
		{"nothing to find targets by", server(func(g *types.DeploymentGroupInfo) { g.Ec2TagFilters = nil }), "targets of group", Warning, "neither tags nor Auto Scaling groups"},
		{"everything to find targets by", server(func(g *types.DeploymentGroupInfo) {
			g.Ec2TagSet = &types.EC2TagSet{Ec2TagSetList: [][]types.EC2TagFilter{{{Key: aws.String("a"), Value: aws.String("b")}}}}
			g.OnPremisesInstanceTagFilters = []types.TagFilter{{Key: aws.String("c"), Value: aws.String("d")}}
			g.OnPremisesTagSet = &types.OnPremisesTagSet{OnPremisesTagSetList: [][]types.TagFilter{{{Key: aws.String("e"), Value: aws.String("f")}}}}
			g.AutoScalingGroups = []types.AutoScalingGroup{{Name: aws.String("asg")}}
		}), "targets of group", NotChecked, "tag Name=web, tag a=b, on-premises tag c=d, on-premises tag e=f, Auto Scaling group asg"},
		{"a service of ECS", server(func(g *types.DeploymentGroupInfo) {
			g.ComputePlatform, g.Ec2TagFilters = types.ComputePlatformEcs, nil
			g.EcsServices = []types.ECSService{{ClusterName: aws.String("c"), ServiceName: aws.String("s")}}
		}), "targets of group", Passed, "service c/s"},
		{"a function", server(func(g *types.DeploymentGroupInfo) {
			g.ComputePlatform, g.Ec2TagFilters = types.ComputePlatformLambda, nil
		}), "targets of group", Passed, "the AppSpec file names them"},
		{"a role of another account", server(func(g *types.DeploymentGroupInfo) { g.ServiceRoleArn = aws.String("arn:aws:iam::999999999999:role/r") }), "service role of group", Warning, "of account 999999999999"},
		{"a role that is none", server(func(g *types.DeploymentGroupInfo) { g.ServiceRoleArn = aws.String("r") }), "service role of group", Failed, "is no role's ARN"},
		{"rollback and alarms", server(func(g *types.DeploymentGroupInfo) {
			g.AutoRollbackConfiguration = &types.AutoRollbackConfiguration{Enabled: true, Events: []types.AutoRollbackEvent{types.AutoRollbackEventDeploymentFailure}}
			g.AlarmConfiguration = &types.AlarmConfiguration{Enabled: true, Alarms: []types.Alarm{{Name: aws.String("errors")}}}
		}), "settings of group", Passed, "automatic rollback on DEPLOYMENT_FAILURE; alarms that stop a deployment: errors"},
		{"an active deployment", server(func(g *types.DeploymentGroupInfo) {
			g.LastAttemptedDeployment = &types.LastDeploymentInfo{DeploymentId: aws.String("d-1"), Status: types.DeploymentStatusInProgress}
		}), "group group", Failed, "deployment d-1 to it is active"},
		{"a deployment that is forgotten", server(func(g *types.DeploymentGroupInfo) { g.LastAttemptedDeployment = last }), "last deployment to group", NotChecked, "DeploymentDoesNotExistException"},
		{"agents that do not answer", &service{group: server(func(g *types.DeploymentGroupInfo) { g.LastAttemptedDeployment = last }).group, deployment: failed, targets: []types.DeploymentTarget{
			instance("i-1", types.TargetStatusFailed), instance("i-2", types.TargetStatusSucceeded, ran),
		}}, "agents of group", Warning, "no answer in the last deployment from i-1"},
		{"agents that answer", &service{group: server(func(g *types.DeploymentGroupInfo) { g.LastAttemptedDeployment = last }).group, deployment: failed, targets: []types.DeploymentTarget{
			instance("i-2", types.TargetStatusSucceeded, ran),
		}}, "agents of group", Passed, "1 answered in the last deployment"},
		{"agents that nobody asked", &service{group: server(func(g *types.DeploymentGroupInfo) { g.LastAttemptedDeployment = last }).group, deployment: failed, targets: []types.DeploymentTarget{
			instance("i-2", types.TargetStatusPending),
		}}, "agents of group", NotChecked, "does not tell"},
		{"no agents", &service{group: server(func(g *types.DeploymentGroupInfo) {
			g.ComputePlatform, g.LastAttemptedDeployment = types.ComputePlatformLambda, last
		}).group, deployment: failed}, "agents of group", Passed, "this platform has none"},
		{"an empty answer", &service{}, "group group", NotChecked, "says nothing about it"},
		{"an answer that does not come", &service{err: context.DeadlineExceeded}, "application app", Failed, "did not answer within 10s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found := find(t, Examine(t.Context(), subject(test.service, &store{})), test.check)
			if found.State != test.state || !strings.Contains(found.Message, test.message) {
				t.Errorf("found %+v, want %s with %q", found, test.state, test.message)
			}
			if found.State == Failed && found.Fix == "" {
				t.Errorf("%+v has no fix", found)
			}
		})
	}
}

func TestBuckets(t *testing.T) {
	yes := aws.Bool(true)
	encrypted := &s3types.ServerSideEncryptionConfiguration{Rules: []s3types.ServerSideEncryptionRule{{
		ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{KMSMasterKeyID: aws.String("key")},
	}}}
	tests := []struct {
		name  string
		store *store
		check string
		state State
	}{
		{"no versions", &store{}, "bucket versions", Warning},
		{"a key of one's own", &store{encryption: encrypted}, "bucket encryption", NotChecked},
		{"encrypted", &store{}, "bucket encryption", Passed},
		{"encryption by S3", &store{err: refusal(http.StatusNotFound, "ServerSideEncryptionConfigurationNotFoundError")}, "bucket encryption", Passed},
		{"encryption unknown", &store{err: refusal(http.StatusForbidden, "AccessDenied")}, "bucket encryption", NotChecked},
		{"public in part", &store{block: &s3types.PublicAccessBlockConfiguration{BlockPublicAcls: yes}}, "bucket public access", Warning},
		{"public", &store{err: refusal(http.StatusNotFound, "NoSuchPublicAccessBlockConfiguration")}, "bucket public access", Warning},
		{"access unknown", &store{err: refusal(http.StatusNotImplemented, "NotImplemented")}, "bucket public access", NotChecked},
		{"private", &store{block: &s3types.PublicAccessBlockConfiguration{BlockPublicAcls: yes, IgnorePublicAcls: yes, BlockPublicPolicy: yes, RestrictPublicBuckets: yes}}, "bucket public access", Passed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			all := Examine(t.Context(), subject(server(func(*types.DeploymentGroupInfo) {}), test.store))
			if found := find(t, all, test.check); found.State != test.state {
				t.Errorf("found %+v, want %s", found, test.state)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	tests := []struct {
		source  string
		left    time.Duration // 0: for ever
		state   State
		message string
	}{
		{"EnvConfigCredentials", 0, Passed, "from the environment (AWS_ACCESS_KEY_ID)"},
		{"SharedConfigCredentials: /home/me/.aws/credentials", 0, Passed, "from the file /home/me/.aws/credentials"},
		{"SSOProvider", time.Hour, Passed, "from an SSO session, until 2026-03-01 13:00 UTC"},
		{"LoginProvider", 5 * time.Minute, Warning, "from a login session, until 2026-03-01 12:05 UTC: they expire in 5 minutes"},
		{"AssumeRoleProvider", 5 * time.Minute, Passed, "from a role that is assumed"},
		{"WebIdentityCredentials", 5 * time.Minute, Passed, "from a role that is assumed with a web identity token"},
		{"EC2RoleProvider", 5 * time.Minute, Passed, "from the role of this EC2 instance"},
		{"CredentialsEndpointProvider", 5 * time.Minute, Passed, "from the role of this container"},
		{"ProcessProvider", -time.Minute, Failed, "from a credential_process, until 2026-03-01 11:59 UTC: they have expired"},
		{"Other", 0, Passed, "from Other"},
	}
	for _, test := range tests {
		t.Run(test.source, func(t *testing.T) {
			s := subject(server(func(*types.DeploymentGroupInfo) {}), &store{})
			s.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{Source: test.source, CanExpire: test.left != 0, Expires: now.Add(test.left)}, nil
			})
			found := find(t, Examine(t.Context(), s), "credentials")
			if found.State != test.state || !strings.HasPrefix(found.Message, test.message) {
				t.Errorf("found %+v, want %s with %q", found, test.state, test.message)
			}
		})
	}
}

func TestIdentityThatStsCannotTell(t *testing.T) {
	s := subject(server(func(*types.DeploymentGroupInfo) {}), &store{})
	s.STS = identities(func() (*sts.GetCallerIdentityOutput, error) { return nil, errors.New("no route") })
	all := Examine(t.Context(), s)
	if found := find(t, all, "identity"); found.State != NotChecked {
		t.Errorf("found %+v", found)
	}
	if found := find(t, all, "bucket bucket"); found.State != Passed {
		t.Errorf("the rest was not looked at: %+v", found)
	}
}

// A look that hangs ends with its limit.
func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := subject(server(func(*types.DeploymentGroupInfo) {}), &store{})
		s.Credentials = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			<-ctx.Done()
			return aws.Credentials{}, ctx.Err()
		})
		began := time.Now()
		if all := Examine(t.Context(), s); all.CanStart() {
			t.Errorf("found %+v", all)
		}
		if took := time.Since(began); took != defaultLimit {
			t.Errorf("it took %v", took)
		}
	})
}

func TestClock(t *testing.T) {
	for _, test := range []struct {
		skew    time.Duration
		state   State
		message string
	}{
		{0, Passed, "agrees"},
		{2 * time.Minute, Warning, "this machine's clock is 2m0s behind AWS's"},
		{-time.Hour, Warning, "this machine's clock is 1h0m0s ahead of AWS's: AWS refuses"},
	} {
		d := &doctor{Subject: Subject{Observer: &Observer{skew: test.skew, skewed: true}}}
		if found := d.clock()[0]; found.State != test.state || !strings.HasPrefix(found.Message, test.message) {
			t.Errorf("a skew of %v: %+v", test.skew, found)
		}
	}
}

// The observer learns from answers and refusals, and from the clock in them.
func TestObserver(t *testing.T) {
	o := new(Observer)
	answer := func(operation string, err error) {
		stack := middleware.NewStack("test", smithyhttp.NewStackRequest)
		if err := stack.Initialize.Add(&awsmiddleware.RegisterServiceMetadata{OperationName: operation}, middleware.Before); err != nil {
			t.Fatal(err)
		}
		if err := o.Attach(stack); err != nil {
			t.Fatal(err)
		}
		end := middleware.HandlerFunc(func(context.Context, any) (any, middleware.Metadata, error) { return nil, middleware.Metadata{}, err })
		_, _, _ = middleware.DecorateHandler(end, stack).Handle(t.Context(), struct{}{})
	}
	answer("Fine", nil)
	answer("Missing", refusal(http.StatusBadRequest, "DoesNotExistException"))
	answer("Denied", refusal(http.StatusBadRequest, "AccessDeniedException"))
	answer("Expired", refusal(http.StatusBadRequest, "ExpiredTokenException"))
	answer("Busy", refusal(http.StatusInternalServerError, "InternalFailure"))
	for operation, want := range map[string][2]bool{
		"Fine": {true, false}, "Missing": {true, false}, "Denied": {false, true}, "Expired": {false, false}, "Busy": {false, false}, "Never": {false, false},
	} {
		if answered, denied := o.was(operation); answered != want[0] || denied != want[1] {
			t.Errorf("%s was answered: %v, denied: %v", operation, answered, denied)
		}
	}
	if _, known := o.clockSkew(); known {
		t.Error("answers without a date told the time")
	}
}

func TestPermissions(t *testing.T) {
	o := &Observer{answered: map[string]bool{"HeadBucket": true}, denied: map[string]bool{"GetDeploymentConfig": true, "GetDeployment": true}}
	d := &doctor{Subject: Subject{Observer: o, PolicyCommand: "cdx policy", Permissions: func(account string) []policy.Permission {
		if account != policy.AnyAccount {
			t.Errorf("account %s", account)
		}
		return []policy.Permission{
			{Action: "s3:ListBucket", Access: policy.Read}, {Action: "codedeploy:GetDeploymentConfig", Access: policy.Checked},
			{Action: "codedeploy:GetDeployment", Access: policy.Read}, {Action: "s3:PutObject", Access: policy.Write}, {Action: "s3:GetObject", Access: policy.Read},
			{Action: "s3:GetEncryptionConfiguration"}, {Action: "s3:GetBucketPublicAccessBlock"},
		}
	}}}
	var states []State
	for _, f := range d.permissions() {
		states = append(states, f.State)
	}
	if want := []State{Passed, Failed, Warning, NotChecked, NotChecked, NotChecked, NotChecked}; !slices.Equal(states, want) {
		t.Errorf("states %v, want %v", states, want)
	}
}

func TestEndpointFindings(t *testing.T) {
	all := EndpointFindings(map[string]string{"AWS_ENDPOINT_URL_S3": "http://b", "AWS_ENDPOINT_URL": "http://a"})
	if len(all) != 2 || all[0].Message != "AWS_ENDPOINT_URL sends requests to http://a and not to AWS" || all[1].State != Warning {
		t.Errorf("found %+v", all)
	}
}

func TestText(t *testing.T) {
	got := Text(Findings{
		{"a", Passed, "fine", "nothing to do"},
		{"a long name of something or other, really", Failed, "wrong\nsince 1970", "mend it"},
		{"b", Failed, "wrong too", ""},
		{"permission x:One", NotChecked, "why", ""},
		{"permission x:Two", NotChecked, "why", ""},
	}, term.Style{})
	const want = `✓ a                                     fine
✗ a long name of something or other, really  wrong
                                        since 1970
                                        → mend it
✗ b                                     wrong too
– permissions                           not checked: why:
                                        x:One
                                        x:Two

2 things would prevent a start: 1 passed, 0 worth knowing, 2 not checked
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestShortList(t *testing.T) {
	if got := shortList([]string{"1", "2", "3", "4", "5", "6", "7"}); got != "1, 2, 3, 4, 5 and 2 more" {
		t.Errorf("got %s", got)
	}
}
