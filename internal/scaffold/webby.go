package scaffold

import (
	"encoding/json"
	"strings"
)

// lookAtPHP is for what PHP-FPM or Apache serve: nothing of its own is started.
func lookAtPHP(d *directory, p *Project) {
	var composer struct {
		Require map[string]string `json:"require"`
	}
	_ = json.Unmarshal([]byte(d.read("composer.json")), &composer) // what cannot be read tells nothing
	p.recipe = recipe{web: true, reload: "php*-fpm.service", reloads: "lets PHP forget the compiled files of the previous revision."}
	r := &p.recipe
	if needsComposer(composer.Require) {
		r.shipped, r.what, r.tool = "vendor", "dependencies", "composer"
		r.fetch = []string{"composer install --no-dev --no-interaction --no-progress --prefer-dist --optimize-autoloader"}
		r.comment = []string{"To ship what CI has installed instead, remove vendor/ from .cdxignore."}
		r.ignore = []string{
			"# Installed on the instance, by install.sh. Remove this line to ship what CI has installed.",
			"vendor/",
		}
	}
	if d.has("artisan") {
		d.tell("artisan")
		r.writable = []string{"storage", "bootstrap/cache"}
		r.comment = append(r.comment, "Migrations are for one machine, once: php artisan migrate --force")
		r.ignore = append(r.ignore, "", "# Of the machine this was written on.", ".env", "storage/logs/*", "bootstrap/cache/*.php", "node_modules/")
	} else if d.has("bin/console") {
		// A clone has no var yet. Symfony does not start without .env, which holds defaults
		// and is kept in git; secrets are in .env.local and the like.
		// Source: Symfony documentation, "Configuring Symfony", "Overriding environment values via .env.local".
		d.tell("bin/console")
		r.writable = []string{"var"}
		r.fetch = prefixed("APP_ENV=${APP_ENV:-prod} ", r.fetch)
		r.ignore = append(r.ignore, "", "# Of the machine this was written on.", ".env.local", ".env.*.local", "var/cache/", "var/log/", "node_modules/")
	}
	if d.has("wp-login.php") {
		// What people upload stays on the instance: no revision holds it, and none removes it.
		d.tell("wp-login.php")
		r.writable = []string{"wp-content/uploads"}
		r.ignore = append(r.ignore, "", "# Of the machine this was written on: database and keys of each instance belong there.", "/wp-config.php", "/wp-content/uploads/", "/wp-content/cache/")
	}
	if file := d.first("public/index.php", "web/index.php", "index.php"); file != "" {
		d.tell(file)
		r.root = strings.TrimSuffix(strings.TrimSuffix(file, "index.php"), "/")
		r.test = "php -l " + file + " >/dev/null"
	}
}

func prefixed(prefix string, commands []string) []string {
	var all []string
	for _, command := range commands {
		all = append(all, prefix+command)
	}
	return all
}

// needsComposer reports a dependency on more than PHP and its extensions.
func needsComposer(required map[string]string) bool {
	for name := range required {
		if strings.Contains(name, "/") {
			return true
		}
	}
	return false
}

// lookAtRuby is for Rack applications, Rails among them.
func lookAtRuby(d *directory, p *Project) {
	gemfile := d.read("Gemfile")
	p.recipe = recipe{
		shipped: "vendor/bundle", what: "gems", tool: "bundle", settings: []string{"RACK_ENV=production", "RAILS_ENV=production"},
		fetch: []string{
			"bundle config set --local path vendor/bundle",
			"bundle config set --local without development:test",
			"bundle install --quiet",
		},
		comment: []string{"Gems with native code have to be built where they run, so they stay out of the revision."},
		ignore: []string{
			"# Installed on the instance, by install.sh, or of the machine this was written on.",
			"vendor/bundle/", ".bundle/", "log/*", "tmp/*", "node_modules/",
		},
	}
	if match(`(?m)^\s*gem ["'](rails)["']`, gemfile) != "" {
		p.recipe.writable = []string{"log", "tmp", "storage"}
		p.recipe.comment = append(p.recipe.comment,
			"CI compiles the assets and ships public/assets: bin/rails assets:precompile",
			"Migrations are for one machine, once: bin/rails db:migrate")
	}
	switch {
	case !d.has("config.ru"):
		if file := d.first("app.rb", "main.rb", "server.rb"); file != "" {
			d.tell(file)
			p.Start, p.Port, p.recipe.test = "bundle exec ruby "+file, rubyPort(d.peek(file)), "ruby -c "+file+" >/dev/null"
		}
		return
	case match(`(?m)^\s*gem ["'](puma|rails)["']`, gemfile) != "":
		p.Start = `bundle exec puma --bind "tcp://0.0.0.0:$PORT"`
	default:
		p.Start = `bundle exec rackup --host 0.0.0.0 --port "$PORT"`
	}
	d.tell("config.ru")
	p.Port = 3000
	p.recipe.test = "ruby -c config.ru >/dev/null"
}

func rubyPort(text string) int {
	if strings.Contains(text, "sinatra") {
		return 4567
	}
	return 0
}
