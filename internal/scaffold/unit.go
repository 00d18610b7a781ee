package scaffold

import "strings"

// ownUnit begins each unit written here, by which a later run knows it.
const ownUnit = "# appspec.yml installs this to /etc/systemd/system."

// unitFile is the systemd unit of a program that has none.
func (p *Project) unitFile(scripts string) string {
	settings := "/etc/" + p.Name + ".env"
	lines := []string{
		ownUnit,
		"[Unit]",
		"Description=" + p.Name,
		"Wants=network-online.target",
		"After=network-online.target",
		"",
		"[Service]",
	}
	if user := p.user(); user != "" {
		lines = append(lines, "User="+user)
	}
	lines = append(lines,
		"WorkingDirectory="+p.Home(),
		"# The instance's own settings and secrets, as NAME=value; they have no place in a revision.",
		"EnvironmentFile=-"+settings,
	)
	if p.container {
		lines = append(lines, "ExecStartPre=/bin/touch "+settings, "Environment=ENV_FILE="+settings)
	}
	for _, pair := range p.recipe.settings {
		lines = append(lines, "Environment="+pair)
	}
	lines = append(lines,
		"ExecStart=/bin/sh "+p.Home()+"/"+scripts+"/run.sh",
		"Restart=on-failure",
		"RestartSec=2",
		"",
		"[Install]",
		"WantedBy=multi-user.target",
	)
	return strings.Join(lines, "\n") + "\n"
}
