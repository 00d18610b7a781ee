// Package awsapi sets the AWS clients up, as the AWS SDK's own chain of settings
// has it, and explains the errors they return.
package awsapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"

	"github.com/cdx-deploy/cdx/internal/awsapi/slim"
)

// Options adjusts [Load]. What is empty comes from the SDK's chain: environment,
// shared configuration files, container and instance roles.
type Options struct {
	Region         string        // like "eu-central-1"
	Profile        string        // of the shared configuration files
	EndpointURL    string        // for all services; beats AWS_ENDPOINT_URL and its likes
	Version        string        // of cdx, for the user agent
	CABundle       string        // file of certificates to trust, in PEM; empty: AWS_CA_BUNDLE, else the system's
	NoVerifySSL    bool          // trust any certificate
	ConnectTimeout time.Duration // for a connection; zero means 10 s
	ReadTimeout    time.Duration // for an answer to begin; zero means no limit

	MFAToken func() (string, error) // asks for the code of a profile with mfa_serial; nil: such a profile fails
	Debug    io.Writer              // where requests and responses are written, without secrets; nil: nowhere
}

// Config makes the clients. Get one from [Load].
type Config struct {
	SDK      aws.Config // settings for all clients, without EndpointURL
	Profile  string     // the profile in use, "default" if none was named
	endpoint string
}

// MissingRegionError says that no setting names a region.
type MissingRegionError struct {
	Profile string // the profile that has none
}

func (e *MissingRegionError) Error() string {
	return "no AWS region is set"
}

// EndpointError says that an endpoint's address cannot be used.
type EndpointError struct {
	URL    string // as it was given
	Reason string
}

func (e *EndpointError) Error() string {
	return fmt.Sprintf("endpoint %q: %s", e.URL, e.Reason)
}

// Load reads the settings. It sends nothing: credentials are fetched with the first
// request. Its errors are [*MissingRegionError], [*EndpointError] and the SDK's
// for configuration files; [Explain] knows them.
func Load(ctx context.Context, options Options) (Config, error) {
	metadata := new(boundedMetadata)
	settings, err := loadOptions(options, metadata)
	if err != nil {
		return Config{}, err
	}
	sdk, err := config.LoadDefaultConfig(ctx, settings...)
	if err != nil {
		return Config{}, fmt.Errorf("read AWS settings: %w", err)
	}
	metadata.use(sdk)
	c := Config{SDK: sdk, Profile: profileOf(sdk, options), endpoint: options.EndpointURL}
	if sdk.Region == "" {
		return Config{}, &MissingRegionError{Profile: c.Profile}
	}
	c.SDK.Retryer = retryer(sdk)
	c.SDK.Credentials = &credentials{inner: sdk.Credentials, profile: c.Profile}
	c.SDK.Logger = logging.Nop{}
	if options.Debug != nil {
		c.logTo(options.Debug)
	}
	return c, c.checkEndpoints()
}

func loadOptions(options Options, metadata *boundedMetadata) ([]func(*config.LoadOptions) error, error) {
	settings := []func(*config.LoadOptions) error{
		config.WithLogger(logging.Nop{}), // the SDK's warnings are for programmers
		config.WithRegion(options.Region),
		config.WithSharedConfigProfile(options.Profile),
		config.WithHTTPClient(httpClient(options)),
		config.WithAPIOptions([]func(*middleware.Stack) error{awsmiddleware.AddUserAgentKeyValue("cdx", options.Version)}),
		config.WithEC2RoleCredentialOptions(func(o *ec2rolecreds.Options) { o.Client = metadata }),
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) { o.TokenProvider = options.MFAToken }),
	}
	if options.CABundle != "" {
		bundle, err := os.ReadFile(options.CABundle)
		if err != nil {
			return nil, fmt.Errorf("read certificates: %w", err)
		}
		settings = append(settings, config.WithCustomCABundle(bytes.NewReader(bundle)))
	}
	return settings, nil
}

// profileOf is the name of the profile in use.
func profileOf(sdk aws.Config, options Options) string {
	if options.Profile != "" {
		return options.Profile
	}
	for _, source := range sdk.ConfigSources {
		if env, ok := source.(config.EnvConfig); ok && env.SharedConfigProfile != "" {
			return env.SharedConfigProfile
		}
	}
	return config.DefaultSharedConfigProfile
}

// Region is the region of all clients.
func (c Config) Region() string { return c.SDK.Region }

// CodeDeploy returns a client for CodeDeploy.
func (c Config) CodeDeploy() *slim.Client {
	return slim.NewFromConfig(c.SDK, func(o *codedeploy.Options) {
		o.BaseEndpoint = c.override(o.BaseEndpoint)
	})
}

// S3 returns a client for S3. At an endpoint of one's own it names the bucket in
// the path: services other than AWS's seldom have a host for each bucket.
func (c Config) S3() *s3.Client {
	return s3.NewFromConfig(c.SDK, func(o *s3.Options) {
		o.BaseEndpoint = c.override(o.BaseEndpoint)
		o.UsePathStyle = o.BaseEndpoint != nil
	})
}

// STS returns a client for the security token service.
func (c Config) STS() *sts.Client {
	return sts.NewFromConfig(c.SDK, func(o *sts.Options) {
		o.BaseEndpoint = c.override(o.BaseEndpoint)
	})
}

// override is the endpoint to use where the chain of settings has found one or
// none: the SDK lets AWS_ENDPOINT_URL_S3 beat an endpoint given for all services,
// the command line must not.
func (c Config) override(found *string) *string {
	if c.endpoint != "" {
		return aws.String(c.endpoint)
	}
	return found
}

// checkEndpoints refuses addresses that would fail with every request.
func (c Config) checkEndpoints() error {
	for _, endpoint := range []*string{c.CodeDeploy().Options().BaseEndpoint, c.S3().Options().BaseEndpoint} {
		if endpoint == nil {
			continue
		}
		if err := checkEndpoint(*endpoint); err != nil {
			return err
		}
	}
	return nil
}

func checkEndpoint(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return &EndpointError{URL: text, Reason: "it is no URL"}
	case u.Scheme != "http" && u.Scheme != "https":
		return &EndpointError{URL: text, Reason: "it must start with http:// or https://"}
	case u.Host == "":
		return &EndpointError{URL: text, Reason: "it names no host"}
	}
	return nil
}
