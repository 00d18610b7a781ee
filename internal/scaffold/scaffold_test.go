package scaffold

import (
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"mvdan.cc/sh/v3/syntax"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

var update = flag.Bool("update", false, "rewrite golden files")

// tree is a directory given by its files.
type tree map[string]string

func (t tree) fs() fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range t {
		fsys[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return fsys
}

const springPOM = "<project><packaging>jar</packaging><artifactId>spring-boot-starter-web</artifactId></project>"

// projects are directories of each kind.
func projects() map[string]tree {
	return map[string]tree{
		"node": {
			"package.json":      `{"scripts":{"start":"node server.js"},"dependencies":{"express":"^4"}}`,
			"package-lock.json": "{}", "server.js": "app.listen(process.env.PORT || 4000)", ".env": "A=1",
		},
		"node-built":    {"package.json": `{"scripts":{"build":"tsc","start":"NODE_ENV=x node dist"},"dependencies":{"fastify":"4"}}`, "yarn.lock": ""},
		"node-bare":     {"package.json": `{"main":"main.js"}`, "main.js": "require('http').createServer().listen(8125)"},
		"node-site":     {"package.json": `{"scripts":{"build":"vite build"},"devDependencies":{"vite":"5"}}`, "pnpm-lock.yaml": "", "index.html": "<p>"},
		"php-laravel":   {"composer.json": `{"require":{"php":"^8","laravel/framework":"11"}}`, "artisan": "x", "public/index.php": "<?php", "package.json": "{}"},
		"php-symfony":   {"composer.json": `{"require":{"symfony/runtime":"7"}}`, "bin/console": "x", "public/index.php": "<?php", ".env": "APP_ENV=dev"},
		"php-plain":     {"index.php": "<?php"},
		"python":        {"manage.py": "x", "mysite/wsgi.py": "application = 1", "requirements.txt": "django\n", "package.json": "{}"},
		"flask":         {"app.py": "import flask\napp = flask.Flask(__name__)\n", "requirements.txt": "flask\n"},
		"fastapi":       {"app/main.py": "api = FastAPI()\n", "pyproject.toml": "[project]\n"},
		"python-uv":     {"main.py": "print(1)\n", "uv.lock": "", "pyproject.toml": ""},
		"python-poetry": {"main.py": "print(1)\n", "poetry.lock": "", "pyproject.toml": ""},
		"python-pipenv": {"main.py": "print(1)\n", "Pipfile.lock": "", "Pipfile": ""},
		"python-plain":  {"main.py": "print(1)\n", "setup.py": "x"},
		"java":          {"pom.xml": springPOM, "src/main/resources/application.yml": "server:\n  ssl: false\n  port: 9090\n"},
		"java-modules":  {"pom.xml": "<modules><module>web</module></modules>", "mvnw": "x"},
		"gradle-modules": {
			"settings.gradle.kts": "include(\"app\", \"lib\")\n", "gradlew": "x", "lib/build.gradle.kts": "",
			"app/build.gradle.kts":                   `implementation("org.springframework.boot:spring-boot-starter-web")`,
			"app/src/main/resources/application.yml": "server:\n  port: ${PORT:9090}\n",
		},
		"fastapi-src": {
			"pyproject.toml": "[project]\nname = \"shop\"\n[build-system]\n", "uv.lock": "",
			"src/shop/__init__.py": "", "src/shop/main.py": "application = FastAPI(title=\"shop\")\n",
		},
		"python-command":   {"pyproject.toml": "[project]\nname = \"shop\"\n\n[project.scripts]\nshop-serve = \"shop:main\"\n\n[build-system]\n", "src/shop/__init__.py": ""},
		"gradle":           {"build.gradle.kts": `implementation("io.javalin:javalin:6")`, "gradlew": "x"},
		"go":               {"go.mod": "module example.com/acme/api/v2\n", "cmd/tool/main.go": "package main\nfunc main() {}\n", "cmd/api/main.go": "package main\nimport \"net/http\"\nfunc main() { http.ListenAndServe(\":8081\", nil) }\n"},
		"go-root":          {"go.mod": "module shop\n", "main.go": "package main\n\nfunc main() {\n}\n", "main_test.go": "package main"},
		"go-library":       {"go.mod": "module shop\n", "shop.go": "package shop\n"},
		"ruby":             {"Gemfile": "gem \"rails\"\n", "config.ru": "run x", "package.json": "{}"},
		"ruby-rack":        {"Gemfile": "gem 'rack'\n", "config.ru": "run x"},
		"ruby-script":      {"Gemfile": "", "app.rb": "require 'sinatra'"},
		"docker":           {"Dockerfile": "FROM x\nEXPOSE 8123/tcp\n"},
		"node-nest":        {"package.json": `{"scripts":{"build":"nest build","start":"nest start","start:prod":"node dist/main"},"dependencies":{"@nestjs/core":"10"}}`, "src/main.ts": "app.listen(3100)"},
		"node-typescript":  {"package.json": `{"main":"dist/index.js","scripts":{"build":"tsc"},"devDependencies":{"typescript":"5"}}`, "src/index.ts": "createServer().listen(4100)"},
		"node-berry":       {"package.json": `{"scripts":{"start":"node ."},"dependencies":{"koa":"2"}}`, "yarn.lock": "__metadata:\n  version: 8\n"},
		"node-bun":         {"package.json": `{"scripts":{"start":"bun x.ts"},"dependencies":{"hono":"4"}}`, "bun.lock": "{}"},
		"php-wordpress":    {"index.php": "<?php", "wp-login.php": "<?php", "wp-config.php": "<?php"},
		"java-tomcat":      {"pom.xml": "<project><packaging>war</packaging></project>"},
		"java-war":         {"build.gradle": "plugins {\n    id 'war'\n    id 'org.springframework.boot'\n}\n"},
		"dotnet":           {"Shop.sln": "", "src/Lib/Lib.csproj": "<TargetFramework>net8.0</TargetFramework>", "src/Shop/Shop.csproj": `<Project Sdk="Microsoft.NET.Sdk.Web"><TargetFramework>net8.0</TargetFramework>`},
		"dotnet-windows":   {"Shop.csproj": "<TargetFrameworkVersion>v4.8</TargetFrameworkVersion>"},
		"ecs":              {"package.json": `{"dependencies":{"express":"4"}}`, "Dockerfile": "FROM node\n", "task-definition.json": `{"containerDefinitions":[{"name":"log"},{"name":"web","portMappings":[{"containerPort":3000}]}]}`},
		"lambda-sam":       {"template.yaml": "Resources:\n  Table:\n    Type: AWS::DynamoDB::Table\n  Hello:\n    # x\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: hello-world\n      AutoPublishAlias: current\n"},
		"lambda-beside":    {"package.json": `{"scripts":{"start":"node a.js"},"dependencies":{"express":"4"}}`, "template.yaml": "Resources:\n  Hello:\n    Type: AWS::Lambda::Function\n"},
		"lambda-framework": {"serverless.yml": "service: shop\nfunctions:\n\n  # x\n  order:\n    handler: a.b\n", "package.json": "{}"},
		"static":           {"public/index.html": "<p>"},
		"static-root":      {"index.html": "<p>"},
		"other":            {"README": "x"},
		"procfile":         {"Procfile": "release: x\nweb: gunicorn --bind 0.0.0.0:$PORT wsgi && true\n", "requirements.txt": "x"},
		"dockerfile":       {"package.json": `{"dependencies":{"left-pad":"1"}}`, "Dockerfile": "FROM node\nEXPOSE 5000\nCMD [\"node\", \"x.js\"]\n"},
		"unit": {
			"go.mod": "module shop\n", "main.go": "package main\nfunc main() {}\n",
			"systemd/shopd.service": "[Service]\nUser=shopd\nWorkingDirectory=/opt/shop\nExecStart=/opt/shop/bin/shop serve\n",
		},
		"scripts-taken": {"index.php": "<?php", "scripts/start.sh": "#!/bin/bash\necho mine\n"},
	}
}

// TestFiles keeps what is written for each kind of project.
func TestFiles(t *testing.T) {
	for name, tree := range projects() {
		t.Run(name, func(t *testing.T) {
			fsys := tree.fs()
			p := Look(fsys, "shop", "", "")
			text := "found " + p.Describe() + "\n"
			for _, file := range p.AppSpecFiles(fsys) {
				text += "-- " + file.Path + " (" + file.Mode.String() + ") --\n" + file.Text
			}
			golden(t, name, text)
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("not as in %s (go test -update rewrites it):\n%s", path, got)
	}
}

// write puts a project and what is composed for it into a directory.
func write(t *testing.T, tree tree, files []File) string {
	t.Helper()
	dir := t.TempDir()
	all := make(map[string]File)
	for name, text := range tree {
		all[name] = File{Path: name, Mode: 0o644, Text: text}
	}
	for _, file := range files {
		all[file.Path] = file
	}
	for name, file := range all {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(file.Text), file.Mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestAppSpecFilesAreValid wants no finding, not even a warning, of either agent.
func TestAppSpecFilesAreValid(t *testing.T) {
	for name, tree := range projects() {
		fsys := tree.fs()
		files := Look(fsys, "shop", "", "").AppSpecFiles(fsys)
		dir := os.DirFS(write(t, tree, files))
		for _, agent := range []appspec.Agent{"", appspec.AgentBoth} {
			for _, finding := range appspec.Check(appspec.Parse(AppSpecName, []byte(files[0].Text)), appspec.Options{Files: dir, Agent: agent}) {
				t.Errorf("%s: %+v", name, finding)
			}
		}
	}
}

// TestScriptsAreShell parses each script as POSIX shell, and has shellcheck judge it
// where that is installed.
func TestScriptsAreShell(t *testing.T) {
	shellcheck, _ := exec.LookPath("shellcheck")
	for name, tree := range projects() {
		fsys := tree.fs()
		files := Look(fsys, "shop", "", "").AppSpecFiles(fsys)
		var scripts []string
		for _, file := range files {
			if filepath.Ext(file.Path) != ".sh" {
				continue
			}
			scripts = append(scripts, filepath.FromSlash(file.Path))
			if _, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(file.Text), file.Path); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if !strings.HasPrefix(file.Text, "#!/bin/sh\n") || !strings.Contains(file.Text, "\nset -eu\n") || file.Mode != 0o755 {
				t.Errorf("%s: %s (%v) is no careful script", name, file.Path, file.Mode)
			}
		}
		if shellcheck == "" || len(scripts) == 0 {
			continue
		}
		command := exec.Command(shellcheck, scripts...)
		command.Dir = write(t, tree, files)
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %s", name, out)
		}
	}
}

func TestLook(t *testing.T) {
	for name, want := range map[string]Project{
		"node":           {Language: Node, Start: "node server.js", Port: 4000},
		"node-built":     {Language: Node, Start: "npm start", Port: 3000},
		"node-bare":      {Language: Node, Start: "node main.js", Port: 8125},
		"node-site":      {Language: Node},
		"python":         {Language: Python, Start: `gunicorn --bind "0.0.0.0:$PORT" mysite.wsgi`, Port: 8000},
		"flask":          {Language: Python, Start: `gunicorn --bind "0.0.0.0:$PORT" app:app`, Port: 8000},
		"fastapi":        {Language: Python, Start: `uvicorn --host 0.0.0.0 --port "$PORT" app.main:api`, Port: 8000},
		"python-plain":   {Language: Python, Start: "python main.py"},
		"java":           {Language: Java, Start: "java -jar app.jar", Port: 9090},
		"gradle":         {Language: Java, Start: "java -jar app.jar", Port: 8080},
		"gradle-modules": {Language: Java, Start: "java -jar app.jar", Port: 9090},
		"fastapi-src":    {Language: Python, Start: `uvicorn --host 0.0.0.0 --port "$PORT" --app-dir src shop.main:application`, Port: 8000},
		"python-command": {Language: Python, Start: "shop-serve"},
		"go":             {Language: Go, Start: "./bin/api", Port: 8081},
		"go-root":        {Language: Go, Start: "./bin/shop"},
		"go-library":     {Language: Go},
		"ruby":           {Language: Ruby, Start: `bundle exec puma --bind "tcp://0.0.0.0:$PORT"`, Port: 3000},
		"ruby-script":    {Language: Ruby, Start: "bundle exec ruby app.rb", Port: 4567},
		"php-laravel":    {Language: PHP},
		"docker":         {Language: Docker, Start: "docker run", Port: 8123},
		"static":         {Language: Static},
		"other":          {Language: Other},
		"procfile":       {Language: Python, Start: "gunicorn --bind 0.0.0.0:$PORT wsgi && true", Port: 8080},
		"dockerfile":     {Language: Node, Start: "node x.js", Port: 5000},
		"unit":           {Language: Go, Start: "/opt/shop/bin/shop serve"},
	} {
		p := Look(projects()[name].fs(), "shop", "", "")
		if p.Language != want.Language || p.Start != want.Start || p.Port != want.Port {
			t.Errorf("%s: %s, %q, %d; want %s, %q, %d", name, p.Language, p.Start, p.Port, want.Language, want.Start, want.Port)
		}
	}
}

func TestLookAtForcedLanguage(t *testing.T) {
	p := Look(tree{"package.json": "{}", "index.php": "<?php"}.fs(), "shop", Node, "")
	if p.Language != Node {
		t.Errorf("language %s, want node", p.Language)
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string][2]string{
		"shop":                  {"shop", "shop"},
		"My Shop+1":             {"My-Shop-1", "my-shop-1"},
		"42":                    {"42", "app-42"},
		"..":                    {"app", "app"},
		strings.Repeat("a", 40): {strings.Repeat("a", 40), strings.Repeat("a", 32)},
	} {
		p := Look(tree{}.fs(), name, "", "")
		if p.Name != want[0] || p.user() != want[1] {
			t.Errorf("%q: %q, %q; want %q", name, p.Name, p.user(), want)
		}
	}
}

func TestUnreadableFilesTellNothing(t *testing.T) {
	fsys := fstest.MapFS{
		"package.json": {Mode: fs.ModeDir}, "pom.xml": {Mode: fs.ModeSymlink, Data: []byte("nowhere")},
		"go.mod": {Mode: 0o644, Data: []byte(strings.Repeat("x", maxRead+1))},
	}
	if p := Look(fsys, "shop", "", ""); p.Language != Go || p.Start != "" {
		t.Errorf("%+v", p)
	}
}

func TestCIFiles(t *testing.T) {
	for _, name := range []string{"go", "node", "java", "node-site"} {
		for _, ci := range Systems() {
			fsys := projects()[name].fs()
			p := Look(fsys, "shop", "", "")
			file, note := p.CIFile(fsys, ci, Pipeline{Branch: "release/1", Version: "1.2.3", Region: map[string]string{"go": "eu-west-1"}[name]})
			if note != "" {
				t.Errorf("%s: %s", ci, note)
			}
			golden(t, "ci-"+name+"-"+string(ci), "-- "+file.Path+" --\n"+file.Text)
		}
	}
}

// TestCIBesideAnother does not take over what is there already.
func TestCIBesideAnother(t *testing.T) {
	for ci, want := range map[CI]string{
		GitHub: ".github/workflows/cdx.yml", GitLab: ".gitlab/cdx.yml", CircleCI: ".circleci/config.yml",
		Jenkins: "Jenkinsfile.deploy", Buildkite: ".buildkite/cdx.yml", Azure: "azure-pipelines.cdx.yml",
	} {
		fsys := tree{
			".github/workflows/deploy.yml": "x", ".gitlab-ci.yml": "x", ".circleci/config.yml": "x", "Jenkinsfile": "x",
			".buildkite/pipeline.yml": "x", "azure-pipelines.yml": "x",
		}.fs()
		p := Look(fsys, "shop", "", "")
		if len(p.CI) != len(Systems()) {
			t.Errorf("systems %v", p.CI)
		}
		file, note := p.CIFile(fsys, ci, Pipeline{})
		if file.Path != want {
			t.Errorf("%s: %s, want %s", ci, file.Path, want)
		}
		if needs := ci != GitHub && ci != CircleCI; (note != "") != needs {
			t.Errorf("%s: note %q", ci, note)
		}
		fsys[want] = &fstest.MapFile{Data: []byte(file.Text), Mode: 0o644}
		if again, _ := p.CIFile(fsys, ci, Pipeline{}); again != file {
			t.Errorf("%s: a second time %s", ci, again.Path)
		}
	}
}

func TestRemote(t *testing.T) {
	for address, want := range map[string]CI{
		"git@github.com:a/b.git": GitHub, "https://gitlab.example.com/a/b": GitLab, "https://dev.azure.com/x": Azure, "/srv/git/x": NoCI,
	} {
		fsys := tree{".git/config": "[remote \"origin\"]\n\turl = " + address + "\n"}.fs()
		if p := Look(fsys, "shop", "", ""); p.Remote != want {
			t.Errorf("%s: %s, want %s", address, p.Remote, want)
		}
	}
}

// TestScriptsSayWhatTheyDoNot looks for what only an instance may do: each such line
// stands behind a question whether this is one.
func TestScriptsSayWhatTheyDoNot(t *testing.T) {
	touches := regexp.MustCompile(`(?m)^\s*(useradd|systemctl|chown|docker build)`)
	for name, tree := range projects() {
		fsys := tree.fs()
		for _, file := range Look(fsys, "shop", "", "").AppSpecFiles(fsys) {
			at := touches.FindStringIndex(file.Text)
			if at != nil && !strings.Contains(file.Text[:at[0]], "CDX_LOCAL_ROOT-}\" ]") {
				t.Errorf("%s: %s touches the machine in a rehearsal", name, file.Path)
			}
		}
	}
}

func TestBranch(t *testing.T) {
	for want, tree := range map[string]tree{
		"trunk":  {".git/refs/remotes/origin/HEAD": "ref: refs/remotes/origin/trunk\n", ".git/HEAD": "ref: refs/heads/master\n"},
		"master": {".git/refs/remotes/origin/HEAD": "ref: refs/remotes/origin/it's\n", ".git/HEAD": "ref: refs/heads/master\n"},
		"main":   {".git/HEAD": "ref: refs/heads/feature/x\n"},
	} {
		if got := (&directory{fsys: tree.fs()}).branch(); got != want {
			t.Errorf("branch %s, want %s", got, want)
		}
	}
}

// TestUnitsThatAreNotTakenOver are templates, and names and folders that a shell would
// not take as they are.
func TestUnitsThatAreNotTakenOver(t *testing.T) {
	const text = "[Service]\nUser=$(id)\nWorkingDirectory=/opt/$(id)\nExecStart=/bin/x\n"
	for name, want := range map[string]string{"a b.service": "", "shop@.service": "", "$(id).service": "", "etc/shop.service": "etc/shop.service"} {
		p := Look(tree{name: text}.fs(), "shop", "", "")
		if got := p.unit; (got == nil) != (want == "") || got != nil && (got.file != want || got.home != "" || got.user != "") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// FuzzLook wants an AppSpec file that both agents accept, whatever a directory holds.
func FuzzLook(f *testing.F) {
	for _, tree := range projects() {
		for name, text := range tree {
			f.Add(name, []byte(text), "shop")
		}
	}
	f.Fuzz(func(t *testing.T, file string, data []byte, name string) {
		if !fs.ValidPath(file) || file == "." {
			return
		}
		fsys := fstest.MapFS{file: &fstest.MapFile{Data: data, Mode: 0o644}}
		p := Look(fsys, name, "", "")
		files := p.AppSpecFiles(fsys)
		for _, finding := range appspec.Check(appspec.Parse(AppSpecName, []byte(files[0].Text)), appspec.Options{Agent: appspec.AgentBoth}) {
			t.Errorf("%q: %+v\n%s", file, finding, files[0].Text)
		}
		for _, ci := range Systems() {
			p.CIFile(fsys, ci, Pipeline{})
		}
	})
}

// Names go into shell scripts: those that a shell would take for more are no start.
func TestNamesForTheShell(t *testing.T) {
	for name, tree := range map[string]tree{
		"node": {"package.json": `{"main":"my app.js"}`, "my app.js": "1"},
		"go":   {"go.mod": "module x\n", "cmd/my tool/main.go": "package main\nfunc main() {}\n"},
		".NET": {"$(id).csproj": `<Project Sdk="Microsoft.NET.Sdk.Web"><TargetFramework>net8.0</TargetFramework>`},
	} {
		if p := Look(tree.fs(), "shop", "", ""); p.Start != "" {
			t.Errorf("%s is started by %s", name, p.Start)
		}
	}
	if p := Look(tree{"package.json": `{"main":"./lib/a-b.js"}`, "lib/a-b.js": "1"}.fs(), "shop", "", ""); p.Start != "node ./lib/a-b.js" {
		t.Errorf("started by %q", p.Start)
	}
}

// A later run composes what the first one did, whose files are in the directory then.
func TestLookAgain(t *testing.T) {
	for name, tree := range projects() {
		fsys := tree.fs()
		files := Look(fsys, "shop", "", "").AppSpecFiles(fsys)
		for _, file := range files {
			fsys[file.Path] = &fstest.MapFile{Data: []byte(file.Text), Mode: file.Mode}
		}
		if again := Look(fsys, "shop", "", "").AppSpecFiles(fsys); !reflect.DeepEqual(again, files) {
			t.Errorf("%s: composed again: %v", name, again)
		}
	}
}

func TestPrograms(t *testing.T) {
	fsys := tree{
		"package.json": `{"workspaces":["packages/*"]}`, "packages/api/package.json": `{"main":"a.js"}`, "packages/api/a.js": "1",
		"web/index.html": "<p>", "docs/x.md": "x", "node_modules/x/package.json": `{"main":"a.js"}`, "node_modules/x/a.js": "1", ".git/index.html": "<p>",
	}.fs()
	if got := strings.Join(Programs(fsys), " "); got != "web packages/api" {
		t.Errorf("programs are in %s", got)
	}
}
