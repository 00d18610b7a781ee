package bundle

import (
	"bytes"
	"path"
	"strings"
)

// secretNames are file names that hold credentials.
var secretNames = map[string]string{
	".netrc": "a file of passwords", "_netrc": "a file of passwords",
	".pgpass": "a file of passwords", ".my.cnf": "a file of passwords",
	".git-credentials": "a file of passwords", ".pypirc": "a file of passwords",
	".vault-token": "an access token", ".dockercfg": "registry credentials",
	"master.key": "an encryption key", "terraform.tfstate": "a Terraform state, which holds secrets",
	"id_rsa": "a private key", "id_dsa": "a private key", "id_ecdsa": "a private key", "id_ed25519": "a private key",
}

// secretPaths are the ends of paths that hold credentials.
var secretPaths = map[string]string{
	".aws/credentials": "AWS credentials", ".docker/config.json": "registry credentials",
	".kube/config": "cluster credentials", "gcloud/credentials.db": "cloud credentials",
}

// secretSuffixes are ends of names of key stores.
var secretSuffixes = map[string]string{
	".ppk": "a private key", ".p12": "a key store", ".pfx": "a key store", ".jks": "a key store",
}

// markedSuffixes are ends of names that hold a secret if the marker is in them.
var markedSuffixes = map[string][2]string{
	".pem":   {"a private key", "PRIVATE KEY-----"},
	".key":   {"a private key", "PRIVATE KEY-----"},
	".npmrc": {"an access token", "_auth"},
}

// environmentSamples mark, at either end, environment files that are meant to be shared.
var environmentSamples = []string{"example", "sample", "template", "dist", "defaults"}

// secretByName says what kind of secret a path looks like, "" for none. With a marker,
// it is one only if the marker is in the content.
func secretByName(name string) (kind, marker string) {
	base := strings.ToLower(path.Base(name))
	if kind := secretNames[base]; kind != "" {
		return kind, ""
	}
	if kind := secretPaths[strings.ToLower(lastTwo(name))]; kind != "" {
		return kind, ""
	}
	if isEnvironmentFile(base) {
		return "a file of environment variables, often secret", ""
	}
	suffix := path.Ext(base)
	if marked, ok := markedSuffixes[suffix]; ok {
		return marked[0], marked[1]
	}
	return secretSuffixes[suffix], ""
}

// lastTwo returns the last two components of a path.
func lastTwo(name string) string {
	return path.Join(path.Base(path.Dir(name)), path.Base(name))
}

// isEnvironmentFile knows .env, .env.production and production.env.
func isEnvironmentFile(base string) bool {
	if !strings.HasSuffix(base, ".env") && !strings.HasPrefix(base, ".env.") {
		return false
	}
	for _, sample := range environmentSamples {
		if strings.HasSuffix(base, "."+sample) || strings.HasPrefix(base, sample+".") {
			return false
		}
	}
	return true
}

func containsMarker(content []byte, marker string) bool {
	return bytes.Contains(content, []byte(marker))
}
