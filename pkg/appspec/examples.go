package appspec

// The AppSpec files of the rules' examples differ in a line or two; these functions write
// the rest.

// inScript returns a file with one script that has the given line beside its location.
func inScript(line string) string {
	return inHooks("AfterInstall:\n    - location: bin/go.sh\n      " + line)
}

// inHooks returns a file with the given hooks section, its first line indented.
func inHooks(events string) string {
	return "version: 0.0\nos: linux\nhooks:\n  " + events + "\n"
}

// withLocation returns a file with one script.
func withLocation(system, location string) string {
	return "version: 0.0\nos: " + system + "\nhooks:\n  AfterInstall:\n    - location: " + location + "\n"
}

// inFiles returns a Linux file that installs one thing.
func inFiles(source, destination string) string {
	return "version: 0.0\nos: linux\nfiles:\n  - source: " + source + "\n    destination: " + destination + "\n"
}

// onWindows returns a Windows file that installs one thing.
func onWindows(source, destination string) string {
	return "version: 0.0\nos: windows\nfiles:\n  - source: " + source + "\n    destination: " + destination + "\n"
}

// inPermission returns a file with a permission for what it installs that has the given
// lines.
func inPermission(lines string) string {
	return onObject("/srv/shop", lines)
}

// onObject is inPermission for another object.
func onObject(object, lines string) string {
	return inFiles("build", "/srv/shop") + "permissions:\n  - object: " + object + "\n    " + lines + "\n"
}

// withScript returns a file with one script, and the script.
func withScript(content string) Example {
	return Example{AppSpec: withLocation("linux", "bin/go.sh"), Files: map[string]string{"bin/go.sh": content}}
}

// ecsFile returns a file for Amazon ECS with the given port, and properties after it.
func ecsFile(port string) string {
	return `version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: <TASK_DEFINITION>
        LoadBalancerInfo:
          ContainerName: shop
          ContainerPort: ` + port + "\n"
}

// lambdaFile returns a file for AWS Lambda with the given versions.
func lambdaFile(current, target string) string {
	return `version: 0.0
Resources:
  - pay:
      Type: AWS::Lambda::Function
      Properties:
        Name: pay
        Alias: live
        CurrentVersion: "` + current + `"
        TargetVersion: "` + target + "\"\n"
}
