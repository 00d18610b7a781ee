package awsapi

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

// CredentialsError says that no credentials could be had; it wraps the SDK's
// error, whose kinds differ by source.
type CredentialsError struct {
	Profile string                 // the profile in use
	Sources []aws.CredentialSource // where the chain led to
	Err     error
}

func (e *CredentialsError) Error() string { return fmt.Sprintf("get credentials: %v", e.Err) }

// Unwrap returns the SDK's error.
func (e *CredentialsError) Unwrap() error { return e.Err }

// From reports whether the chain led to one of some sources.
func (e *CredentialsError) from(sources ...aws.CredentialSource) bool {
	return slices.ContainsFunc(sources, func(s aws.CredentialSource) bool { return slices.Contains(e.Sources, s) })
}

// credentials gives the errors of a provider a type.
type credentials struct {
	inner   aws.CredentialsProvider
	profile string
}

func (c *credentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	got, err := c.inner.Retrieve(ctx)
	if err != nil {
		return got, &CredentialsError{Profile: c.profile, Sources: c.ProviderSources(), Err: err}
	}
	return got, nil
}

// Invalidate drops credentials that the service has refused, so that the next request
// fetches new ones, where the provider keeps any.
func (c *credentials) Invalidate() {
	if cache, ok := c.inner.(interface{ Invalidate() }); ok {
		cache.Invalidate()
	}
}

// ProviderSources tells where the credentials come from, for the user agent.
func (c *credentials) ProviderSources() []aws.CredentialSource {
	if source, ok := c.inner.(aws.CredentialProviderSource); ok {
		return source.ProviderSources()
	}
	return nil
}

// metadataLimit is how long one question to the instance metadata service may
// take. The service answers in milliseconds where there is one; elsewhere its
// address leads nowhere, and somebody who forgot to log in waits for the answer.
const metadataLimit = 2 * time.Second

// boundedMetadata is a client of the instance metadata service that gives up soon.
type boundedMetadata struct{ client *imds.Client }

// use makes the client, by settings that must have been loaded before. They also
// say whether the service may be asked (AWS_EC2_METADATA_DISABLED).
func (b *boundedMetadata) use(sdk aws.Config) { b.client = imds.NewFromConfig(sdk) }

// GetMetadata asks the service.
func (b *boundedMetadata) GetMetadata(ctx context.Context, in *imds.GetMetadataInput, options ...func(*imds.Options)) (*imds.GetMetadataOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, metadataLimit)
	defer cancel()
	return b.client.GetMetadata(ctx, in, options...)
}
