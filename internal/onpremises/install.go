package onpremises

import (
	"fmt"
	"strings"

	"github.com/cdx-deploy/cdx/pkg/revision"
)

// OSes are the operating systems that [Install] knows. AWS says that Ubuntu 20.04 wants the
// installer's output in a file.
func OSes() []string {
	return []string{"amazon-linux", "rhel", "ubuntu", "ubuntu-20.04", "windows"}
}

// Where an agent has its configuration file.
// Source: CodeDeploy user guide, "Use the register-on-premises-instance command".
const (
	linuxFile   = "/etc/codedeploy-agent/conf/codedeploy.onpremises.yml"
	windowsFile = `C:\ProgramData\Amazon\CodeDeploy\conf.onpremises.yml`
)

// ConfigurationFile is where the agent reads its configuration on an operating system.
func ConfigurationFile(system string) string {
	if system == "windows" {
		return windowsFile
	}
	return linuxFile
}

// Step is something to be done on the instance.
type Step struct {
	About    string
	Commands []string
}

// Install are the steps that configure and install the agent: version 1, or 2 of it. file
// is the configuration file, in the folder where the commands are typed. The error is an
// [*InputError].
// Source: CodeDeploy user guide, "Install the CodeDeploy agent", for Amazon Linux or RHEL,
// for Ubuntu Server and for Windows Server.
func Install(system, region, file string, version int) ([]Step, error) {
	if system == "windows" {
		if version == 2 {
			return nil, &InputError{"version 2 of the agent for Windows is not among what AWS describes step by step"}
		}
		return installWindows(region, file), nil
	}
	ruby, folder := "ruby ", "latest"
	if version == 2 {
		ruby, folder = "", "latestv2"
	}
	packages, output := "sudo yum -y install "+ruby+"wget", ""
	if strings.HasPrefix(system, "ubuntu") {
		packages = "sudo apt-get update && sudo apt-get -y install " + strings.Replace(ruby, "ruby", "ruby-full", 1) + "wget"
	}
	if system == "ubuntu-20.04" {
		output = " > /tmp/logfile"
	}
	return []Step{
		{"the configuration, before the agent starts", []string{
			"sudo mkdir -p /etc/codedeploy-agent/conf",
			"sudo install -m 600 " + revision.ShellQuote(file) + " " + linuxFile,
			"rm " + revision.ShellQuote(file),
		}},
		{"what the installer needs", []string{packages}},
		{"the agent", []string{
			fmt.Sprintf("wget https://%s/%s/install", bucketHost(region), folder),
			"chmod +x ./install",
			"sudo AWS_REGION=" + region + " ./install auto" + output,
		}},
		{"whether it runs", []string{"systemctl status codedeploy-agent"}},
	}, nil
}

func installWindows(region, file string) []Step {
	return []Step{
		{"the configuration, before the agent starts (in PowerShell, as administrator)", []string{
			`New-Item -Path "C:\ProgramData\Amazon\CodeDeploy" -ItemType "directory" -Force`,
			"Move-Item -Path '" + strings.ReplaceAll(file, "'", "''") + `' -Destination "` + windowsFile + `"`,
		}},
		{"the agent", []string{
			`New-Item -Path "C:\temp" -ItemType "directory" -Force`,
			fmt.Sprintf(`Invoke-WebRequest -Uri "https://%s/latest/codedeploy-agent.msi" -OutFile "C:\temp\codedeploy-agent.msi"`, bucketHost(region)),
			`Start-Process -Wait -FilePath "msiexec.exe" -ArgumentList "/i", "C:\temp\codedeploy-agent.msi", "/quiet", "/l", "C:\temp\host-agent-install-log.txt"`,
			"Restart-Service -Name codedeployagent",
		}},
		{"whether it runs", []string{"Get-Service -Name codedeployagent"}},
	}
}

// Uninstall are the steps that remove the agent and its configuration.
// Source: CodeDeploy user guide, "Uninstall the CodeDeploy agent"; AWS CLI,
// awscli/customizations/codedeploy/systems.py.
func Uninstall(system string) []Step {
	if system == "windows" {
		return []Step{
			{"the agent (in PowerShell, as administrator)", []string{"Stop-Service -Name codedeployagent", `wmic product where name="CodeDeploy Host Agent" call uninstall /nointeractive`}},
			{"the configuration, with the access key", []string{`Remove-Item -Path "` + windowsFile + `"`}},
		}
	}
	remove := "sudo yum -y erase codedeploy-agent"
	if strings.HasPrefix(system, "ubuntu") {
		remove = "sudo dpkg --purge codedeploy-agent"
	}
	return []Step{
		{"the agent", []string{"sudo systemctl stop codedeploy-agent", remove}},
		{"the configuration, with the access key", []string{"sudo rm -f " + linuxFile}},
	}
}

// bucketHost is the host of the bucket that has the agent for a region.
// Source: CodeDeploy user guide, "CodeDeploy resource kit reference".
func bucketHost(region string) string {
	domain := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain += ".cn"
	}
	return "aws-codedeploy-" + region + ".s3." + region + "." + domain
}
