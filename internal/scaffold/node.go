package scaffold

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
)

// packageJSON is what of a package.json tells how to deploy.
type packageJSON struct {
	Main            string            `json:"main"`
	Scripts         map[string]string `json:"scripts"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
}

// nodeTool is how a package manager of Node installs what a lock file says.
type nodeTool struct {
	lock, name, install, production, prune, run string
}

// nodeTools are the package managers, by their lock files; without one it is npm.
var nodeTools = []nodeTool{
	{"package-lock.json", "npm", "npm ci --no-audit --no-fund", "npm ci --omit=dev --no-audit --no-fund", "npm prune --omit=dev --no-audit --no-fund", "npm run"},
	{"npm-shrinkwrap.json", "npm", "npm ci --no-audit --no-fund", "npm ci --omit=dev --no-audit --no-fund", "npm prune --omit=dev --no-audit --no-fund", "npm run"},
	{"pnpm-lock.yaml", "pnpm", "pnpm install --frozen-lockfile", "pnpm install --frozen-lockfile --prod", "pnpm prune --prod", "pnpm run"},
	{"yarn.lock", "yarn", "yarn install --frozen-lockfile", "yarn install --frozen-lockfile --production", "yarn install --frozen-lockfile --production", "yarn run"},
	{"bun.lock", "bun", "bun install --frozen-lockfile", "bun install --frozen-lockfile --production", "bun install --frozen-lockfile --production", "bun run"},
	{"bun.lockb", "bun", "bun install --frozen-lockfile", "bun install --frozen-lockfile --production", "bun install --frozen-lockfile --production", "bun run"},
	{"", "npm", "npm install --no-audit --no-fund", "npm install --omit=dev --no-audit --no-fund", "npm prune --omit=dev --no-audit --no-fund", "npm run"},
}

func lookAtNode(d *directory, p *Project) {
	var pkg packageJSON
	_ = json.Unmarshal([]byte(d.read("package.json")), &pkg) // what cannot be read tells nothing
	tool := d.nodeTool()
	p.recipe = recipe{
		shipped: "node_modules", what: "dependencies", tool: tool.name, path: "node_modules/.bin",
		settings: []string{"NODE_ENV=production"},
	}
	if output := siteOutput(pkg); output != "" && pkg.Scripts["start"] == "" {
		p.siteRecipe(tool, output)
		return
	}
	p.Start = d.nodeStart(tool, pkg)
	p.Port = d.nodePort(pkg, p.Start)
	if file := strings.TrimPrefix(p.Start, "node "); file != p.Start && d.has(file) {
		p.recipe.test = "node --check " + file
	}
	p.nodeSteps(tool, pkg)
}

func (d *directory) nodeTool() nodeTool {
	for _, tool := range nodeTools {
		if tool.lock == "" || d.has(tool.lock) {
			if tool.lock != "" {
				d.tell(tool.lock)
			}
			return tool.berry(d)
		}
	}
	return nodeTool{} // the last one always fits
}

// berry is the tool as it is from Yarn 2 on, which has other flags.
// Source: Yarn documentation, "yarn install" and "yarn workspaces focus".
func (t nodeTool) berry(d *directory) nodeTool {
	if t.name == "yarn" && strings.Contains(d.peek(t.lock), "__metadata:") {
		t.install, t.production = "yarn install --immutable", "yarn workspaces focus --production"
		t.prune = t.production
	}
	return t
}

// nodeSteps are the steps that install dependencies, and build where there is a script
// for it; without either there is nothing to do.
func (p *Project) nodeSteps(tool nodeTool, pkg packageJSON) {
	build := pkg.Scripts["build"] != ""
	switch {
	case build:
		p.recipe.fetch, p.recipe.steps = []string{tool.install}, []string{tool.run + " build", tool.prune}
	case len(pkg.Dependencies) > 0:
		p.recipe.fetch = []string{tool.production}
	default:
		p.recipe.shipped, p.recipe.tool = "", ""
		p.recipe.ignore = []string{"node_modules/"}
		return
	}
	p.recipe.comment = []string{
		"Modules with native code have to be built where they run, so node_modules stays out of",
		"the revision (.cdxignore). To ship what CI has installed, remove it from there.",
	}
	p.recipe.ignore = []string{
		"# Installed on the instance, by install.sh. Remove this line to ship what CI has installed.",
		"node_modules/",
	}
}

// siteOutput is the folder that a generator of static sites writes to; empty when
// package.json has none.
func siteOutput(pkg packageJSON) string {
	if pkg.Scripts["build"] == "" {
		return ""
	}
	for _, known := range []struct{ name, output string }{
		{"react-scripts", "build"}, {"gatsby", "public"}, {"@vue/cli-service", "dist"}, {"vite", "dist"}, {"astro", "dist"}, {"@11ty/eleventy", "_site"},
	} {
		if pkg.Dependencies[known.name]+pkg.DevDependencies[known.name] != "" && pkg.Dependencies["express"] == "" {
			return known.output
		}
	}
	return ""
}

// siteRecipe is for pages that a build makes: a web server has them as its root.
func (p *Project) siteRecipe(tool nodeTool, output string) {
	p.recipe = recipe{
		web: true, root: output, shipped: output, what: "the pages", tool: tool.name,
		fetch: []string{tool.install}, steps: []string{tool.run + " build"},
		comment: []string{
			"CI builds the pages and ships them in " + output + "; otherwise they are built here.",
		},
		ignore: []string{"# Needed to build, not to serve.", "node_modules/"},
		build:  []string{tool.install, tool.run + " build"},
	}
	if tool.name == "pnpm" {
		p.recipe.build = append([]string{"corepack enable"}, p.recipe.build...)
	}
}

// nodeStart prefers node itself to npm, which keeps signals from the program, and the
// script for production to the other, whose tools production is without. What a build
// makes is not here yet.
func (d *directory) nodeStart(tool nodeTool, pkg packageJSON) string {
	name := "start"
	if pkg.Scripts["start:prod"] != "" {
		name = "start:prod"
	}
	start := pkg.Scripts[name]
	switch {
	case strings.HasPrefix(start, "node ") && !strings.ContainsAny(start, "&|;<>$'\""):
		return start
	case start != "" && tool.name == "bun":
		return "bun run " + name
	case start != "" && name == "start":
		return "npm start"
	case start != "":
		return "npm run " + name
	case plain(pkg.Main) && (d.has(pkg.Main) || pkg.Scripts["build"] != ""):
		return "node " + pkg.Main
	}
	if file := d.first("server.js", "app.js", "index.js", "src/server.js", "src/index.js", "server.mjs", "index.mjs"); file != "" {
		return "node " + file
	}
	return ""
}

// nodePort is what the program's own text says, or what frameworks take.
func (d *directory) nodePort(pkg packageJSON, start string) int {
	text := d.peek(cmp.Or(d.first(strings.TrimPrefix(start, "node "), "src/main.ts", "src/index.ts", "src/server.ts"), "package.json"))
	for _, pattern := range []string{`PORT["'\]]*\s*\)?\s*(?:\|\||\?\?)\s*["']?(\d{2,5})`, `\.listen\(\s*(\d{2,5})`} {
		if port, err := strconv.Atoi(match(pattern, text)); err == nil {
			return port
		}
	}
	for _, framework := range []string{"express", "fastify", "koa", "next", "nuxt", "@nestjs/core", "@hapi/hapi", "restify", "hono"} {
		if pkg.Dependencies[framework] != "" {
			return 3000
		}
	}
	if strings.Contains(text, "createServer") {
		return 3000
	}
	return 0
}
