package complete

// About says what a fixed value of a setting means, in a few words, and nothing for
// one that it does not know.
func About(setting, value string) string {
	return meanings()[setting][value]
}

func meanings() map[string]map[string]string {
	ending := map[string]string{
		"leave":    "let the deployment go on",
		"stop":     "stop the deployment",
		"rollback": "stop it and bring the previous revision back",
	}
	return map[string]map[string]string{
		"output": {
			"text":   "for people",
			"json":   "one JSON object",
			"jsonl":  "a JSON line for each event, the result last",
			"sarif":  "for code scanning",
			"github": "annotations of GitHub Actions",
		},
		"progress": {
			"auto":    "a spinner on a terminal, lines under a CI system",
			"plain":   "lines only, for screen readers",
			"spinner": "a spinner on every terminal",
		},
		"color": {"on": "always", "off": "never", "auto": "on a terminal"},
		"ci": {
			"auto":      "the one that the environment tells",
			"none":      "as on a workstation",
			"github":    "GitHub Actions",
			"gitlab":    "GitLab CI/CD",
			"circleci":  "CircleCI",
			"buildkite": "Buildkite",
			"azure":     "Azure Pipelines",
			"teamcity":  "TeamCity",
		},
		"symlinks": {
			"preserve": "keep links as links",
			"follow":   "store what links lead to",
			"error":    "refuse links",
		},
		"secrets": {
			"allow": "say nothing about files that look like secrets",
			"warn":  "name files that look like secrets",
			"error": "refuse files that look like secrets",
		},
		"bundle-type": {"zip": "for every platform", "tar": "not compressed", "tgz": "tar, compressed"},
		"compression-level": {
			"0": "store", "1": "fastest", "2": "fast", "3": "fast", "4": "fast", "5": "balanced",
			"6": "balanced", "7": "small", "8": "small", "9": "smallest",
		},
		"sse": {
			"AES256":       "keys of S3",
			"aws:kms":      "a KMS key",
			"aws:kms:dsse": "a KMS key, two layers",
		},
		"storage-class": {
			"STANDARD":            "frequent access",
			"REDUCED_REDUNDANCY":  "less durable; not recommended by AWS",
			"STANDARD_IA":         "infrequent access",
			"ONEZONE_IA":          "infrequent access, one zone",
			"INTELLIGENT_TIERING": "moves between tiers by itself",
			"GLACIER_IR":          "archive, available at once",
			"EXPRESS_ONEZONE":     "directory buckets",
			"OUTPOSTS":            "S3 on Outposts",
		},
		"acl": {
			"private":                   "the owner only",
			"public-read":               "everybody may read",
			"public-read-write":         "everybody may read and write",
			"authenticated-read":        "every AWS account may read",
			"aws-exec-read":             "EC2 may read",
			"bucket-owner-read":         "the bucket's owner may read",
			"bucket-owner-full-control": "the bucket's owner may do everything",
		},
		"checksum-algorithm": {
			"CRC32": "the default", "CRC32C": "fast on new processors", "CRC64NVME": "S3's own default",
			"SHA1": "cryptographic, old", "SHA256": "cryptographic, slower",
		},
		"file-exists-behavior": {
			"DISALLOW":  "fail when a file exists already",
			"OVERWRITE": "replace files that exist already",
			"RETAIN":    "keep files that exist already",
		},
		"if-active": {
			"fail":   "exit 1 and name the active deployment",
			"wait":   "wait until it is over, then deploy",
			"attach": "follow it if it is of the same revision",
		},
		"until": {
			"final": "to the end",
			"ready": "until a blue/green deployment waits for a person",
		},
		"on-timeout":   ending,
		"on-interrupt": ending,
		"agent": {
			"v1":   "the Ruby agent, 1.x",
			"v2":   "the Rust agent, 2.x",
			"both": "what either refuses is an error",
		},
		"platform": {
			"server": "EC2 and on-premises",
			"ecs":    "Amazon ECS",
			"lambda": "AWS Lambda",
		},
		"compute-platform": {
			"Server": "EC2 and on-premises",
			"Lambda": "AWS Lambda",
			"ECS":    "Amazon ECS",
		},
		"language": {
			"node":   "Node.js",
			"php":    "PHP-FPM or Apache",
			"python": "Django, Flask, FastAPI or a program",
			"java":   "a JAR or WAR",
			"go":     "a Go program",
			"ruby":   "Rack or a program",
			"dotnet": ".NET on Linux",
			"static": "files for a web server",
			"docker": "a container",
			"other":  "a program of another kind",
		},
		"isolate": {
			"on":      "namespaces and a copy-on-write view",
			"offline": "and no network",
			"off":     "hooks run as they are",
		},
	}
}
