package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/rogpeppe/go-internal/testscript"
)

// withFunctions adds what cdx asks AWS Lambda: every function has an alias live, which
// names version 7, and no other.
func withFunctions(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, isFunction := strings.CutPrefix(r.URL.Path, "/2015-03-31/functions/")
		switch {
		case !isFunction:
			next.ServeHTTP(w, r)
		case strings.HasSuffix(path, "/aliases/live"):
			_, _ = w.Write([]byte(`{"Name": "live", "FunctionVersion": "7"}`))
		default:
			w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"Message": "Cannot find alias arn: ` + path + `"}`))
		}
	})
}

// blueGreen creates an application for Amazon ECS with a deployment group whose
// deployments wait for somebody to reroute the traffic: bluegreen APPLICATION GROUP.
func blueGreen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: bluegreen APPLICATION GROUP")
	}
	s := service(ts)
	client := localClients(s.Service, s.url).codeDeploy
	ctx := context.Background()
	_, err := client.CreateApplication(ctx, &codedeploy.CreateApplicationInput{ApplicationName: &args[0], ComputePlatform: types.ComputePlatformEcs})
	ts.Check(err)
	_, err = client.CreateDeploymentGroup(ctx, &codedeploy.CreateDeploymentGroupInput{
		ApplicationName: &args[0], DeploymentGroupName: &args[1],
		ServiceRoleArn:  aws.String("arn:aws:iam::123456789012:role/local"),
		EcsServices:     []types.ECSService{{ClusterName: aws.String("local"), ServiceName: &args[0]}},
		DeploymentStyle: &types.DeploymentStyle{DeploymentType: types.DeploymentTypeBlueGreen, DeploymentOption: types.DeploymentOptionWithTrafficControl},
		BlueGreenDeploymentConfiguration: &types.BlueGreenDeploymentConfiguration{
			DeploymentReadyOption:                     &types.DeploymentReadyOption{ActionOnTimeout: types.DeploymentReadyActionStopDeployment, WaitTimeInMinutes: 60},
			TerminateBlueInstancesOnDeploymentSuccess: &types.BlueInstanceTerminationOption{Action: types.InstanceActionTerminate},
		},
	})
	ts.Check(err)
}

// keepVersions makes a bucket keep the versions of its objects: versions BUCKET.
func keepVersions(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: versions BUCKET")
	}
	s := service(ts)
	_, err := localClients(s.Service, s.url).s3.PutBucketVersioning(context.Background(), &s3.PutBucketVersioningInput{
		Bucket: &args[0], VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	})
	ts.Check(err)
}
