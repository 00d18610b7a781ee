package deploy

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

func TestPlatforms(t *testing.T) {
	object := func(bundleType types.BundleType) *types.RevisionLocation {
		return revision.FromS3("b", "k", bundleType, "", "")
	}
	text := "{}"
	for want, revisions := range map[string][]*types.RevisionLocation{
		"":           {nil, {}},
		"Server":     {object(types.BundleTypeZip), object(types.BundleTypeTar), object(types.BundleTypeTarGZip), {GitHubLocation: &types.GitHubLocation{}}},
		"ECS Lambda": {object(types.BundleTypeYaml), object(types.BundleTypeJson), revision.FromAppSpec([]byte("x")), {String_: &types.RawString{Content: &text}}}, //nolint:staticcheck // old deployments have it
	} {
		for _, rev := range revisions {
			var got []string
			for _, platform := range Platforms(rev) {
				got = append(got, string(platform))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("Platforms(%s) = %v, want %s", revision.Describe(rev), got, want)
			}
		}
	}
}

func TestLookAtGroup(t *testing.T) {
	servers := []types.ComputePlatform{types.ComputePlatformServer}
	inBubble(t, func(t *testing.T, s *service) {
		s.platform = "Server"
		s.deployed("A", "Succeeded")
		group, err := LookAtGroup(t.Context(), s.client(), "shop", "blue", servers)
		if err != nil || group.Denied || group.ActiveID != "" || group.CurrentID != "d-001" || *group.Current.S3Location.ETag != "A" {
			t.Errorf("after a success: %+v, %v", group, err)
		}
		if !group.Runs(group.Current) || group.Runs(nil) || group.Runs(revision.FromS3("b", "other", "", "", "")) {
			t.Error("Runs is wrong")
		}
		s.deployed("B", "Ready")
		group, err = LookAtGroup(t.Context(), s.client(), "shop", "blue", nil)
		if err != nil || group.ActiveID != "d-002" || group.Current != nil {
			t.Errorf("while one is active: %+v, %v", group, err)
		}
		var misfit *PlatformError
		_, err = LookAtGroup(t.Context(), s.client(), "shop", "blue", []types.ComputePlatform{types.ComputePlatformEcs, types.ComputePlatformLambda})
		if !errors.As(err, &misfit) || misfit.Error() != "application shop is for the compute platform Server, the revision for ECS or Lambda" {
			t.Errorf("another platform: %v", err)
		}
	})
	inBubble(t, func(t *testing.T, s *service) {
		s.deployed("A", "Succeeded")
		s.fault = denying(nil, "GetDeployment")
		if group, err := LookAtGroup(t.Context(), s.client(), "shop", "blue", servers); err != nil || group.Denied || group.Current != nil {
			t.Errorf("without permission for deployments: %+v, %v", group, err)
		}
		s.fault = denying(nil, "GetDeploymentGroup")
		if group, err := LookAtGroup(t.Context(), s.client(), "shop", "blue", servers); err != nil || !group.Denied {
			t.Errorf("without permission for groups: %+v, %v", group, err)
		}
		var unknown *Group
		if unknown.Runs(revision.FromS3("b", "k", "", "", "")) {
			t.Error("a group that nothing is known of runs something")
		}
		for _, op := range []string{"GetDeploymentGroup", "GetDeployment"} {
			s.fault = on(op, func(_ int, _ request, w http.ResponseWriter, _ *http.Request) {
				refuse(w, 400, "DeploymentGroupDoesNotExistException", "no group")
			})
			if _, err := LookAtGroup(t.Context(), s.client(), "shop", "blue", servers); err == nil || IsPassing(err) {
				t.Errorf("%s refused: %v", op, err)
			}
		}
	})
}

func TestLookAtApplication(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		s.platform = "Lambda"
		for platform, fits := range map[types.ComputePlatform]bool{types.ComputePlatformLambda: true, types.ComputePlatformServer: false} {
			var misfit *PlatformError
			if err := LookAtApplication(t.Context(), s.client(), "shop", []types.ComputePlatform{platform}); errors.As(err, &misfit) == fits {
				t.Errorf("%s: %v", platform, err)
			}
		}
		if err := LookAtApplication(t.Context(), s.client(), "shop", nil); err != nil {
			t.Errorf("any platform: %v", err)
		}
		s.fault = denying(nil, "GetApplication")
		if err := LookAtApplication(t.Context(), s.client(), "shop", nil); err != nil {
			t.Errorf("without permission: %v", err)
		}
		s.fault = on("GetApplication", func(_ int, _ request, w http.ResponseWriter, _ *http.Request) {
			refuse(w, 500, "InternalFailure", "sorry")
		})
		if err := LookAtApplication(t.Context(), s.client(), "shop", nil); !IsPassing(err) {
			t.Errorf("a failing service: %v", err)
		}
	})
}

func TestLookAtBucket(t *testing.T) {
	for status, exists := range map[int]bool{200: true, 301: true, 400: true, 403: true, 404: false, 500: false} {
		s3 := objects{status: status}
		err := LookAtBucket(t.Context(), s3.client(), "b")
		if (err == nil) != exists || err != nil && IsPassing(err) != (status == 500) {
			t.Errorf("status %d: %v", status, err)
		}
	}
}

func TestLatest(t *testing.T) {
	inBubble(t, func(t *testing.T, s *service) {
		if id, err := Latest(t.Context(), s.client(), "shop", "blue"); id != "" || err != nil {
			t.Errorf("without deployments: %q, %v", id, err)
		}
		s.deployed("A", "Succeeded")
		s.deployed("B", "Failed")
		for _, denied := range []string{"", "GetDeploymentGroup"} {
			s.fault = denying(nil, denied)
			if id, err := Latest(t.Context(), s.client(), "shop", "blue"); id != "d-002" || err != nil {
				t.Errorf("denied %q: %q, %v", denied, id, err)
			}
		}
		s.fault = denying(nil, "GetDeploymentGroup", "ListDeployments")
		if _, err := Latest(t.Context(), s.client(), "shop", "blue"); !IsDenied(err) {
			t.Errorf("without permissions: %v", err)
		}
	})
}

func TestActiveStatuses(t *testing.T) {
	final := []types.DeploymentStatus{types.DeploymentStatusSucceeded, types.DeploymentStatusFailed, types.DeploymentStatusStopped}
	for _, status := range types.DeploymentStatus("").Values() {
		if isActive(status) == slices.Contains(final, status) {
			t.Errorf("isActive(%s) = %v", status, isActive(status))
		}
	}
}
