package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cdx-deploy/cdx/internal/awsapi"
	"github.com/cdx-deploy/cdx/internal/awsapi/slim"
	"github.com/cdx-deploy/cdx/internal/onpremises"
	"github.com/cdx-deploy/cdx/internal/settings"
	"github.com/cdx-deploy/cdx/pkg/local"
	"github.com/cdx-deploy/cdx/pkg/push"
)

// clients are the AWS clients of one region and profile.
type clients struct {
	region     string
	console    string // the region whose console shows the deployments; empty for none
	profile    string
	flags      string // those of the command line that reach the same account, as typed
	codeDeploy *slim.Client
	s3         *s3.Client
	sts        *sts.Client
	alias      func(ctx context.Context, function, alias string) (version string, err error) // of a Lambda function; nil at the service inside this process
	iam        onpremises.IAM
	s3In       func(ctx context.Context, region string) (push.S3API, error) // nil: the bucket must be in region
}

// account is what decides which clients the settings mean.
type account struct {
	region, profile, endpoint, caBundle string
	noVerifySSL                         bool
	connectTimeout, readTimeout         time.Duration
}

func accountOf(set *settings.Set) account {
	return account{
		region: set.String("region"), profile: set.String("profile"), endpoint: set.String("endpoint-url"),
		caBundle: set.String("ca-bundle"), noVerifySSL: set.Bool("no-verify-ssl"),
		connectTimeout: set.Seconds("cli-connect-timeout"), readTimeout: set.Seconds("cli-read-timeout"),
	}
}

// clients returns the clients that the settings ask for, the same ones for the
// same settings.
func (p *program) clients(ctx context.Context, set *settings.Set) (*clients, error) {
	if p.local != nil {
		return p.local, nil
	}
	wanted := accountOf(set)
	if known, ok := p.accounts[wanted]; ok {
		return known, nil
	}
	made, err := p.connect(ctx, wanted, set.Bool("debug"))
	if err != nil {
		return nil, err
	}
	made.flags = reach(set)
	p.accounts[wanted] = made
	return made, nil
}

func (p *program) connect(ctx context.Context, to account, debug bool) (*clients, error) {
	options := awsapi.Options{
		Region: to.region, Profile: to.profile, EndpointURL: to.endpoint, Version: versionName(),
		CABundle: to.caBundle, NoVerifySSL: to.noVerifySSL, ConnectTimeout: to.connectTimeout, ReadTimeout: to.readTimeout,
	}
	if debug {
		options.Debug = p.progress
	}
	if p.canAsk() {
		options.MFAToken = func() (string, error) { return p.progress.Ask(ctx, "MFA code: ") }
	}
	config, err := awsapi.Load(ctx, options)
	if err != nil {
		return nil, err
	}
	made := &clients{region: config.Region(), profile: config.Profile, codeDeploy: config.CodeDeploy(), s3: config.S3(), sts: config.STS(), alias: config.AliasVersion, iam: config.IAM()}
	if _, ownEndpoint := p.lookupEnv("AWS_ENDPOINT_URL"); to.endpoint == "" && !ownEndpoint {
		made.console = made.region
	}
	made.s3In = func(ctx context.Context, region string) (push.S3API, error) {
		options.Region = region
		there, err := awsapi.Load(ctx, options)
		if err != nil {
			return nil, err
		}
		return there.S3(), nil
	}
	return made, nil
}

// canAsk reports that there is somebody to answer a question.
func (p *program) canAsk() bool { return p.streams.InTerminal && p.streams.ErrTerminal }

// localClients reach a local service at url, whatever the environment says about
// AWS.
func localClients(service *local.Service, url string) *clients {
	pair := service.Credentials()
	config := aws.Config{
		Region:       service.Region(),
		BaseEndpoint: aws.String(url),
		Credentials:  credentials.NewStaticCredentialsProvider(pair.AccessKeyID, pair.SecretAccessKey, ""),
	}
	return &clients{
		region:     config.Region,
		codeDeploy: slim.NewFromConfig(config),
		s3:         s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }),
		sts:        sts.NewFromConfig(config),
	}
}
