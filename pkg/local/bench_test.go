package local_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/cdx-deploy/cdx/pkg/local"
)

// benchmarked starts a service for a benchmark, with clients that the SDK makes.
func benchmarked(b *testing.B) (*codedeploy.Client, *s3.Client) {
	b.Helper()
	seed, err := local.ParseSeed([]byte(`{buckets: [bucket], applications: [{name: app, deploymentGroups: [{name: g, deployments: [{steps: [{status: Succeeded}]}]}]}]}`))
	if err != nil {
		b.Fatal(err)
	}
	service, err := local.New(local.Options{Dir: b.TempDir(), Seed: seed})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := service.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := service.Listen(context.Background(), ""); err != nil {
		b.Fatal(err)
	}
	pair := service.Credentials()
	config := aws.Config{
		BaseEndpoint: aws.String(service.URL()), Region: service.Region(),
		Credentials: credentials.NewStaticCredentialsProvider(pair.AccessKeyID, pair.SecretAccessKey, ""),
	}
	return codedeploy.NewFromConfig(config), s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
}

// BenchmarkGetDeployment has clients ask for a deployment at once; the clients' work is on the same cores.
func BenchmarkGetDeployment(b *testing.B) {
	client, _ := benchmarked(b)
	created, err := client.CreateDeployment(context.Background(), &codedeploy.CreateDeploymentInput{
		ApplicationName: aws.String("app"), DeploymentGroupName: aws.String("g"), Revision: zipAt("key"),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := client.GetDeployment(context.Background(), &codedeploy.GetDeploymentInput{DeploymentId: created.DeploymentId}); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// BenchmarkMultipartUpload uploads parts of 8 MiB, several at once.
func BenchmarkMultipartUpload(b *testing.B) {
	_, client := benchmarked(b)
	ctx := context.Background()
	begun, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: aws.String("bucket"), Key: aws.String("key"), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
	})
	if err != nil {
		b.Fatal(err)
	}
	part := bytes.Repeat([]byte("0123456789abcdef"), 8<<20/16)
	b.SetBytes(int64(len(part)))
	b.SetParallelism(2)
	numbers := make(chan int32, b.N)
	for i := range b.N {
		numbers <- int32(i%10_000) + 1
	}
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, err := client.UploadPart(ctx, &s3.UploadPartInput{
				Bucket: aws.String("bucket"), Key: aws.String("key"), UploadId: begun.UploadId,
				PartNumber: aws.Int32(<-numbers), Body: bytes.NewReader(part), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}
