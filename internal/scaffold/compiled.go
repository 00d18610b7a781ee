package scaffold

import (
	"path"
	"strconv"
	"strings"
)

// lookAtGo finds the main package: in the root, or below cmd.
func lookAtGo(d *directory, p *Project) {
	name := path.Base(match(`(?m)^module\s+"?([^\s"]+)`, d.read("go.mod")))
	if major := match(`^(v\d+)$`, name); major != "" || name == "." {
		name = "server"
	}
	dir, file := ".", d.mainFile("*.go")
	if file == "" {
		if file = d.mainFile("cmd/"+name+"/*.go", "cmd/*/*.go", "*/*.go"); file != "" {
			dir = path.Dir(file)
			name = path.Base(dir)
		}
	}
	if file == "" {
		return
	}
	d.tell(file)
	binary := "bin/" + name
	build := "CGO_ENABLED=0 go build -trimpath -o " + binary + " ./" + strings.TrimPrefix(dir, ".")
	p.Start = "./" + binary
	p.Port = d.goPort(dir)
	p.recipe = recipe{
		shipped: binary, what: binary, tool: "go", fetch: []string{"go mod download"}, steps: []string{build}, build: []string{build},
		comment: []string{
			"CI builds the program and ships it; where it has not, as in a rehearsal, it is built here.",
			"For instances with another processor than CI's, build it with GOARCH=arm64 or GOARCH=amd64.",
		},
		ignore: []string{
			"# Once CI builds " + binary + ", the instances need no sources: uncomment these lines.",
			"# **/*.go", "# go.mod", "# go.sum", "*_test.go", "testdata/",
		},
	}
}

// mainFile is the first file that holds a main function of a main package.
func (d *directory) mainFile(patterns ...string) string {
	for _, file := range d.glob(patterns...) {
		text := d.peek(file)
		if plain(file) && !strings.HasSuffix(file, "_test.go") && match(`(?m)^package (main)\b`, text) != "" && match(`(?m)^func (main)\(\)`, text) != "" {
			return file
		}
	}
	return ""
}

func (d *directory) goPort(dir string) int {
	for _, file := range d.glob(path.Join(dir, "*.go"), "*.go", "internal/*/*.go") {
		text := d.peek(file)
		if !strings.Contains(text, "net/http") {
			continue
		}
		if port, err := strconv.Atoi(match(`"[\w.]*:(\d{2,5})"`, text)); err == nil {
			return port
		}
		if port, err := strconv.Atoi(match(`"(\d{4,5})"`, text)); err == nil {
			return port
		}
		return 8080
	}
	return 0
}

// lookAtJava is for programs in one JAR, as Spring Boot and others make them, or WAR.
func lookAtJava(d *directory, p *Project) {
	suffix := d.javaSuffix()
	archive := strings.ToUpper(suffix)
	r, output := d.javaTool()
	r.what = "the " + archive
	ignored, modules := output, d.glob("*/build.gradle.kts", "*/build.gradle")
	if strings.Contains(d.peek("pom.xml"), "<modules>") {
		// The dependencies of a module on another one cannot be fetched before that is built.
		r.fetch = []string{strings.Replace(r.fetch[0], "dependency:resolve ", "", 1)}
		ignored, modules = "**/"+output, []string{"pom.xml"}
	} else if d.first("settings.gradle", "settings.gradle.kts") != "" {
		ignored = "**/" + output
	}
	r.shipped = output + "/*." + suffix
	if len(modules) > 0 {
		r.shipped = "*/" + r.shipped
	}
	r.comment = []string{
		"CI builds the " + archive + " and ships it in " + output + "; where it has not, as in a rehearsal, it is built here.",
	}
	r.after = []string{
		"# Of several " + archive + "s the largest is the one that holds what it needs.",
		`for dir in "$revision" .; do`,
		`    ` + suffix + `=$(find "$dir" -maxdepth 4 -path '*/` + output + `/*.` + suffix + `' ! -path '*/` + output + `/*/*' -exec ls -S {} + | head -n 1)`,
		`    [ -z "$` + suffix + `" ] || break`,
		"done",
		`[ -z "$` + suffix + `" ] || cp "$` + suffix + `" app.` + suffix,
	}
	r.ignore = []string{
		"# Of what the build makes, only the " + archive + ".",
		ignored + "/*", "!" + ignored + "/*." + suffix, ".gradle/",
	}
	p.recipe = r
	if suffix == "war" && !strings.Contains(d.javaBuild(), "spring-boot") {
		p.forTomcat()
		return
	}
	p.Start = "java -jar app." + suffix
	p.Port = d.javaPort()
}

// javaTool is how Maven or Gradle, or the wrapper that the project has of it, builds, and
// where it puts what it makes.
func (d *directory) javaTool() (r recipe, output string) {
	var wrapper string
	if d.has("pom.xml") {
		d.tell("pom.xml")
		output, r.tool, wrapper = "target", "mvn", "mvnw"
		r.fetch = []string{"mvn --batch-mode --quiet dependency:resolve dependency:resolve-plugins >/dev/null"}
		r.steps = []string{"mvn --batch-mode --quiet -DskipTests clean package"}
		r.build = []string{"mvn --batch-mode package"}
	} else {
		d.tell(d.first("build.gradle.kts", "build.gradle", "settings.gradle.kts", "settings.gradle"))
		output, r.tool, wrapper = "build/libs", "gradle", "gradlew"
		r.fetch = []string{"gradle --quiet dependencies >/dev/null"}
		r.steps = []string{"gradle --quiet clean assemble"}
		r.build = []string{"gradle build"}
	}
	if d.has(wrapper) {
		d.tell(wrapper)
		for _, commands := range [][]string{r.fetch, r.steps, r.build} {
			commands[0] = "sh " + wrapper + strings.TrimPrefix(commands[0], r.tool)
		}
		r.tool = "java"
	}
	return r, output
}

// javaSuffix is war where the build makes one in the root, else jar.
func (d *directory) javaSuffix() string {
	build := d.peek("pom.xml") + d.peek("build.gradle") + d.peek("build.gradle.kts")
	if match(`(<packaging>\s*war\s*<|(?m)^\s*(?:id|apply plugin:)[\s("']+war["']|^\s*war\s*$)`, build) != "" {
		return "war"
	}
	return "jar"
}

// forTomcat puts the WAR where a Tomcat on the instance looks for it. Distributions differ
// about the folder.
func (p *Project) forTomcat() {
	p.recipe.reload, p.recipe.reloads = "tomcat*.service", "lets Tomcat take the new revision."
	p.recipe.after = append(p.recipe.after,
		"",
		"# Tomcat serves it as /, whatever else it serves.",
		"for webapps in /var/lib/tomcat*/webapps /usr/share/tomcat*/webapps /opt/tomcat*/webapps; do",
		"    if "+rehearsing+"; then",
		`        echo "rehearsal: Tomcat is left alone"`,
		"        exit 0",
		`    elif [ -d "$webapps" ]; then`,
		`        cp app.war "$webapps/ROOT.war"`,
		"        exit 0",
		"    fi",
		"done",
		`echo "there is no Tomcat on this instance" >&2`,
		"exit 1",
	)
}

func (d *directory) javaPort() int {
	const settings = "src/main/resources/application"
	for _, file := range d.glob(settings+".properties", settings+".y*ml", "*/"+settings+".properties", "*/"+settings+".y*ml") {
		text := d.peek(file)
		for _, pattern := range []string{`(?m)^server\.port\s*[=:]\s*(?:\$\{\w+:)?(\d{2,5})`, `(?m)^server:\s*\n(?:\s+.*\n)*?\s+port:\s*(?:\$\{\w+:)?(\d{2,5})`} {
			if port, err := strconv.Atoi(match(pattern, text)); err == nil {
				d.tell(file)
				return port
			}
		}
	}
	build := d.javaBuild()
	for _, framework := range []string{"spring-boot-starter-web", "quarkus", "micronaut", "dropwizard", "javalin", "jetty", "helidon"} {
		if strings.Contains(build, framework) {
			return 8080
		}
	}
	return 0
}

// javaBuild is the text of all build files.
func (d *directory) javaBuild() (build string) {
	for _, file := range d.glob("pom.xml", "build.gradle*", "*/pom.xml", "*/build.gradle*") {
		build += d.peek(file)
	}
	return build
}

// lookAtDotNet is for programs of .NET on Linux: the first project that is one. Those of
// .NET Framework run on Windows only, for which nothing is written.
// Source: .NET documentation, "dotnet publish" and "Target frameworks in SDK-style projects".
func lookAtDotNet(d *directory, p *Project) {
	for _, file := range d.glob("*.*proj", "*/*.*proj", "*/*/*.*proj") {
		text := d.peek(file)
		web := strings.Contains(text, "Microsoft.NET.Sdk.Web")
		if match(`<TargetFrameworks?>\s*(net\d+\.\d)`, text) == "" || !plain(file) || !web && !strings.Contains(text, "<OutputType>Exe") {
			continue
		}
		d.tell(file)
		name := strings.TrimSuffix(path.Base(file), path.Ext(file))
		publish := "dotnet publish --configuration Release --output out " + file
		p.recipe = recipe{
			shipped: "out", what: "the program", tool: "dotnet",
			fetch: []string{"dotnet restore " + file}, steps: []string{publish}, build: []string{publish},
			settings: []string{"DOTNET_CLI_TELEMETRY_OPTOUT=1"},
			comment:  []string{"CI builds the program and ships it in out; where it has not, as in a rehearsal, it is built here."},
			ignore:   []string{"# Made by the build, of which the instances need only out.", "**/bin/", "**/obj/"},
		}
		p.Start = "dotnet out/" + name + ".dll"
		if web {
			p.Port = 5000
			p.Start += ` --urls "http://0.0.0.0:$PORT"`
		}
		return
	}
}
