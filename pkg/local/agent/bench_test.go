//go:build unix

package agent

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/bundle"
)

const benchSpec = `version: 0.0
os: linux
files:
  - source: /
    destination: /srv/app
permissions:
  - object: /srv/app
    pattern: "**"
    owner: www-data
    mode: 644
    type: [file]
`

// manyFiles writes a revision of n files, a hundred to a folder, and selects it.
func manyFiles(b *testing.B, n, size int) *bundle.Tree {
	b.Helper()
	dir := b.TempDir()
	must(b, os.WriteFile(filepath.Join(dir, "appspec.yml"), []byte(benchSpec), 0o644))
	content := make([]byte, size)
	for i := range n {
		folder := filepath.Join(dir, fmt.Sprint("d", i/1000), fmt.Sprint("e", i%1000/100))
		if i%100 == 0 {
			must(b, os.MkdirAll(folder, 0o755))
		}
		copy(content, fmt.Sprint(i, " "))
		must(b, os.WriteFile(filepath.Join(folder, fmt.Sprint("f", i)), content, 0o644))
	}
	tree, err := bundle.Select(context.Background(), dir, bundle.Options{})
	must(b, err)
	return tree
}

// BenchmarkPlan plans a revision of 100,000 files for an empty host.
func BenchmarkPlan(b *testing.B) {
	tree := manyFiles(b, 100_000, 16)
	spec, err := appspec.Parse("appspec.yml", []byte(benchSpec)).Spec(appspec.AgentV1)
	must(b, err)
	b.ReportAllocs()
	for b.Loop() {
		plan, err := NewPlan(context.Background(), BundleFS(tree), spec, PlanOptions{})
		must(b, err)
		if len(plan.Steps) < 100_000 {
			b.Fatalf("%d steps", len(plan.Steps))
		}
	}
}

// BenchmarkDeploy unpacks and installs a bundle of 15,000 files of 4 KiB.
func BenchmarkDeploy(b *testing.B) {
	packed := zipFile(b, manyFiles(b, 15_000, 4096))
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		b.StartTimer()
		result, err := Deploy(context.Background(), Deployment{
			ID: "d-1", Application: "shop", DeploymentGroup: "web",
			Revision: &types.RevisionLocation{S3Location: &types.S3Location{Bucket: aws.String("b"), Key: aws.String("k"), BundleType: types.BundleTypeZip}},
		}, Options{Dir: filepath.Join(dir, "agent"), Root: filepath.Join(dir, "root"), Fetch: func(_ context.Context, _ *types.RevisionLocation, w io.Writer) (Fetched, error) {
			f, err := os.Open(packed)
			if err != nil {
				return Fetched{}, err
			}
			defer f.Close()
			_, err = io.Copy(w, f)
			return Fetched{}, err
		}})
		must(b, err)
		if result.Status != types.TargetStatusSucceeded {
			b.Fatalf("%+v", result)
		}
		b.StopTimer()
		must(b, os.RemoveAll(dir))
		b.StartTimer()
	}
}

// BenchmarkUnzipAndCopy is what BenchmarkDeploy compares with: unzip, then cp -a.
func BenchmarkUnzipAndCopy(b *testing.B) {
	if _, err := exec.LookPath("unzip"); err != nil {
		b.Skip(err)
	}
	packed := zipFile(b, manyFiles(b, 15_000, 4096))
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		b.StartTimer()
		must(b, exec.Command("unzip", "-q", packed, "-d", filepath.Join(dir, "unpacked")).Run())
		must(b, exec.Command("cp", "-a", filepath.Join(dir, "unpacked"), filepath.Join(dir, "copied")).Run())
		b.StopTimer()
		must(b, os.RemoveAll(dir))
		b.StartTimer()
	}
}

// zipFile writes a tree's bundle to a file.
func zipFile(b *testing.B, tree *bundle.Tree) string {
	b.Helper()
	_, err := tree.Hash(context.Background())
	must(b, err)
	f, err := os.OpenFile(filepath.Join(b.TempDir(), "bundle.zip"), os.O_CREATE|os.O_RDWR, fs.FileMode(0o600))
	must(b, err)
	_, err = tree.Write(context.Background(), f)
	must(b, err)
	must(b, f.Close())
	return f.Name()
}
