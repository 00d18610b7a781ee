package scaffold

import (
	"path"
	"strings"
)

func lookAtPython(d *directory, p *Project) {
	p.recipe = recipe{
		what: "dependencies", tool: "python3", path: ".venv/bin", settings: []string{"PYTHONUNBUFFERED=1"},
		comment: []string{"A virtual environment holds absolute paths, so it is made where it is used."},
		ignore:  []string{"# Made on the instance, by install.sh.", ".venv/", "venv/", "__pycache__/", "*.pyc"},
	}
	p.Start = d.pythonStart()
	p.recipe.fetch = pythonFetch(p.Start, d.pythonRequirements())
	if d.has("manage.py") {
		p.recipe.comment = append(p.recipe.comment, "Migrations are for one machine, once: .venv/bin/python manage.py migrate")
	}
	p.recipe.test = `python3 -m compileall -q -x "/[.]venv/" .`
	if p.Start == "" {
		return
	}
	server, _, _ := strings.Cut(p.Start, " ")
	if server == "gunicorn" || server == "uvicorn" {
		p.Port = 8000
	}
}

// pythonRequirements is the file that lists the dependencies; empty without one.
func (d *directory) pythonRequirements() string {
	file := d.first("uv.lock", "poetry.lock", "Pipfile.lock", "requirements.txt", "requirements/production.txt", "requirements/prod.txt", "requirements/base.txt", "pyproject.toml", "setup.py")
	if file != "" {
		d.tell(file)
	}
	return file
}

// pythonFetch makes the virtual environment; the server that runs the program is part
// of it, whether the requirements name it or not.
func pythonFetch(start, requirements string) []string {
	steps := []string{"python3 -m venv .venv"}
	install := ".venv/bin/pip install --quiet --disable-pip-version-check"
	switch {
	case requirements == "uv.lock":
		steps = append(steps, install+" uv", ".venv/bin/uv sync --frozen --no-dev --inexact")
	case requirements == "poetry.lock":
		steps = append(steps, install+" poetry", "VIRTUAL_ENV=$PWD/.venv .venv/bin/poetry install --only main --no-root --no-interaction")
	case requirements == "Pipfile.lock":
		steps = append(steps, install+" pipenv", "VIRTUAL_ENV=$PWD/.venv .venv/bin/pipenv sync")
	case strings.HasSuffix(requirements, ".txt"):
		steps = append(steps, install+" --requirement "+requirements)
	case requirements != "":
		steps = append(steps, install+" .")
	}
	if server, _, _ := strings.Cut(start, " "); server == "gunicorn" || server == "uvicorn" {
		steps = append(steps, "{ [ -x .venv/bin/"+server+" ] || "+install+" "+server+"; }")
	}
	return steps
}

// pythonStart tells Django, Flask and FastAPI by their own files and words.
func (d *directory) pythonStart() string {
	if d.has("manage.py") {
		d.tell("manage.py")
		if files := d.glob("*/wsgi.py", "wsgi.py"); len(files) > 0 {
			d.tell(files[0])
			return `gunicorn --bind "0.0.0.0:$PORT" ` + module(files[0])
		}
	}
	for _, file := range d.glob(
		"app.py", "main.py", "wsgi.py", "asgi.py", "application.py", "app/__init__.py", "app/main.py", "src/app.py", "src/main.py",
		"src/*/main.py", "src/*/app.py", "src/*/asgi.py", "src/*/wsgi.py", "src/*/__init__.py", "*/main.py", "*/app.py", "*/asgi.py", "*/wsgi.py", "*/__init__.py",
	) {
		if start := pythonServer(file, d.peek(file)); start != "" {
			d.tell(file)
			return start
		}
	}
	if file := d.first("main.py", "app.py", "__main__.py", "run.py", "server.py"); file != "" {
		d.tell(file)
		return "python " + file
	}
	return d.pythonCommand()
}

// pythonServer runs the application that a file makes; empty for a file that makes none.
func pythonServer(file, text string) string {
	asgi, wsgi := `uvicorn --host 0.0.0.0 --port "$PORT" `, `gunicorn --bind "0.0.0.0:$PORT" `
	if inner, packaged := strings.CutPrefix(file, "src/"); packaged && strings.Contains(inner, "/") {
		file, asgi, wsgi = inner, asgi+"--app-dir src ", wsgi+"--pythonpath src "
	}
	if name := match(`(?m)^(\w+)(?:\s*:\s*\w+)?\s*=\s*(?:fastapi\.)?(?:FastAPI|Starlette)\(`, text); name != "" {
		return asgi + module(file) + ":" + name
	}
	if name := match(`(?m)^(\w+)(?:\s*:\s*\w+)?\s*=\s*(?:(?:flask\.)?Flask|create_app)\(`, text); name != "" {
		return wsgi + module(file) + ":" + name
	}
	return ""
}

// pythonCommand is the first command that the project itself installs, where it is
// installed as a whole.
// Source: Python packaging user guide, "Creating and packaging command-line tools".
func (d *directory) pythonCommand() string {
	text := d.peek("pyproject.toml")
	if requirements := d.pythonRequirements(); requirements != "uv.lock" && requirements != "pyproject.toml" || !strings.Contains(text, "[build-system]") {
		return ""
	}
	return match(`(?m)^\[project\.scripts\]\s*\n(?:\s*(?:#.*)?\n)*"?([\w.-]+)"?\s*=`, text)
}

// module is the name under which Python imports a file.
func module(file string) string {
	name := strings.TrimSuffix(strings.TrimSuffix(file, ".py"), "/__init__")
	return strings.ReplaceAll(path.Clean(name), "/", ".")
}
