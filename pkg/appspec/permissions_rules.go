package appspec

var (
	permissionsShape = &Rule{
		Name: "permissions-shape", refuses: byBoth,
		Summary: "permissions is not a list of mappings",
		Why:     "Agent v1 stops with a NoMethodError, agent v2 with “invalid type”.",
		Fix:     "Begin each entry with a dash.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_permissions; parse.rs",
		Fires:   Example{AppSpec: "version: 0.0\nos: linux\npermissions:\n  object: /srv/shop\n  mode: 755\n"},
		Silent:  Example{AppSpec: inPermission("mode: 755")},
	}
	permissionsOnWindows = &Rule{
		Name: "permissions-on-windows", refuses: byBoth,
		Summary: "permissions on Windows",
		Why:     "Both agents refuse the file: permissions are supported only on Linux.",
		Fix:     "Remove the section, and set permissions in a script.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_permissions; parse.rs",
		Fires:   Example{AppSpec: onWindows("site", `C:\site`) + "permissions:\n  - object: C:\\site\n    owner: ann\n"},
		Silent:  Example{AppSpec: onWindows("site", `C:\site`) + "permissions: []\n"},
	}
	objectMissing = &Rule{
		Name: "object-missing", refuses: byBoth,
		Summary: "an entry of permissions without object",
		Why:     "Both agents refuse the file.",
		Fix:     "Write the path on the instance.",
		Source:  "aws/aws-codedeploy-agent linux_permission_info.rb; parse.rs, RawPermission",
		Fires:   Example{AppSpec: inFiles("build", "/srv/shop") + "permissions:\n  - mode: 755\n"},
		Silent:  Example{AppSpec: inPermission("mode: 755")},
	}
	objectRelative = &Rule{
		Name: "object-relative", warns: byBoth,
		Summary: "a relative object",
		Why:     "An object is a path on the instance; a relative one counts from the agent's working directory and matches nothing.",
		Fix:     "Write the full path, as in the destination.",
		Source:  "aws/aws-codedeploy-agent linux_permission_info.rb, matches_pattern?",
		Fires:   Example{AppSpec: onObject("bin/go.sh", "mode: 755")},
		Silent:  Example{AppSpec: onObject("/srv/shop/bin/go.sh", "mode: 755")},
	}
	permissionMatchesNothing = &Rule{
		Name: "permission-matches-nothing", warns: byBoth,
		Summary: "an object that this revision does not install",
		Why:     "Permissions touch only what this deployment copies or creates; the entry has no effect.",
		Fix:     "Name a destination, or something below it.",
		Source:  "aws/aws-codedeploy-agent install_instruction.rb, InstructionBuilder",
		Fires:   Example{AppSpec: onObject("/etc/shop", "mode: 755")},
		Silent:  Example{AppSpec: onObject("/srv/shop/bin", "mode: 755")},
	}
	permissionDoesNothing = &Rule{
		Name: "permission-does-nothing", warns: byBoth,
		Summary: "an entry that sets nothing",
		Why:     "Without owner, group, mode, acls and context there is nothing to apply.",
		Fix:     "Add a setting, or remove the entry.",
		Source:  "aws/aws-codedeploy-agent installer.rb",
		Fires:   Example{AppSpec: inPermission("pattern: '**'")},
		Silent:  Example{AppSpec: inPermission("owner: ann")},
	}
	typeInvalid = &Rule{
		Name: "type-invalid", refuses: byBoth,
		Summary: "type is not a list of file and directory",
		Why:     "Both agents refuse a text, and any other word, also File.",
		Fix:     "Write type: [file], [directory] or both.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_type_list; permissions.rs, ObjectType::parse",
		Fires:   Example{AppSpec: inPermission("type: file")},
		Silent:  Example{AppSpec: inPermission("type: [file]")},
	}
	typeEmpty = &Rule{
		Name: "type-empty", warns: byBoth,
		Summary: "an empty list of types",
		Why:     "The entry applies to nothing.",
		Fix:     "Leave type out for files and directories.",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_type_list",
		Fires:   Example{AppSpec: inPermission("type: []")},
		Silent:  Example{AppSpec: inPermission("type: [file]")},
	}
	exceptInvalid = &Rule{
		Name: "except-invalid", refuses: byBoth,
		Summary: "except is not a list",
		Why:     "Agent v1 stops with a NoMethodError, agent v2 with “invalid type”; one of AWS's own templates has it as a text.",
		Fix:     "Write a list, as in except: ['*.key'].",
		Source:  "aws/aws-codedeploy-agent application_specification.rb, parse_simple_glob_list; parse.rs",
		Fires:   Example{AppSpec: inPermission("except: secret.txt")},
		Silent:  Example{AppSpec: inPermission("except: [secret.txt]")},
	}
	patternNotText = &Rule{
		Name: "pattern-not-text", refuses: byV2, fails: byV1,
		Summary: "a number, boolean, list or mapping as pattern or in except",
		Why:     "Agent v1 stops with a NoMethodError in the Install event as soon as something is compared with it; agent v2 refuses lists and mappings.",
		Fix:     "Put the pattern between quotes.",
		Source:  "aws/aws-codedeploy-agent linux_permission_info.rb, matches_simple_glob; parse.rs",
		Fires:   Example{AppSpec: inPermission("pattern: 404")},
		Silent:  Example{AppSpec: inPermission("pattern: '404'")},
	}
	patternNeverMatches = &Rule{
		Name: "pattern-never-matches", warns: byBoth,
		Summary: "a pattern, or one of except, that can match nothing",
		Why:     "A pattern is compared with names directly below the object, so one with a slash never matches (agent v2 knows **/ and, without *, a relative path); only ** reaches deeper. The user guide's own example gets this wrong.",
		Fix:     "Name the deeper directory as the object.",
		Source:  "aws/aws-codedeploy-agent linux_permission_info.rb, matches_simple_glob; pattern.rs, GlobPattern::matches",
		Fires:   Example{AppSpec: inPermission("pattern: 'bin/*.sh'")},
		Silent:  Example{AppSpec: inPermission("pattern: '*.sh'")},
	}
	patternOnFile = &Rule{
		Name: "pattern-on-file", fails: byBoth, warns: byBoth,
		Summary: "pattern or except for an object that is a file",
		Why:     "The Install event fails if the object was copied as a file: “an object with an invalid pattern”.",
		Fix:     "Name the file's directory as the object, or leave pattern and except out.",
		Source:  "aws/aws-codedeploy-agent linux_permission_info.rb, validate_file_permission",
		Fires:   Example{AppSpec: onObject("/srv/shop/build", "pattern: '*.sh'\n    mode: 755")},
		Silent:  Example{AppSpec: onObject("/srv/shop/build", "mode: 755")},
	}
	duplicatePermission = &Rule{
		Name: "duplicate-permission", fails: byBoth,
		Summary: "two entries for the same objects",
		Why:     "The Install event fails as soon as one path matches both: “permission setting specified more than once”.",
		Fix:     "Put the settings into one entry, or separate the entries by type.",
		Source:  "aws/aws-codedeploy-agent install_instruction.rb, InstructionBuilder",
		Fires:   Example{AppSpec: inPermission("mode: 755\n  - object: /srv/shop/\n    owner: ann")},
		Silent:  Example{AppSpec: inPermission("mode: 755\n    type: [file]\n  - object: /srv/shop\n    mode: 750\n    type: [directory]")},
	}
	permissionOverlap = &Rule{
		Name: "permission-overlap", warns: byBoth,
		Summary: "an entry for something that another entry already reaches",
		Why:     "The Install event fails as soon as one path matches two entries with a common type: “permission setting specified more than once”. The pattern ** reaches every depth.",
		Fix:     "Except the inner files from the outer entry, or separate the entries by type.",
		Source:  "aws/aws-codedeploy-agent install_instruction.rb, InstructionBuilder",
		Fires:   Example{AppSpec: inPermission("mode: 755\n  - object: /srv/shop/bin\n    owner: ann")},
		Silent:  Example{AppSpec: inPermission("mode: 755\n    type: [directory]\n  - object: /srv/shop/bin\n    owner: ann\n    type: [file]")},
	}
	ownerNotText = &Rule{
		Name: "owner-not-text", refuses: byV2, fails: byV1,
		Summary: "a number as owner or group",
		Why:     "Agent v1 stops with a TypeError in the Install event; agent v2 looks for a user whose name is that number, and leaves the owner as it is if there is none.",
		Fix:     "Write the name.",
		Source:  "aws/aws-codedeploy-agent installer.rb; parse.rs, RawPermission",
		Fires:   Example{AppSpec: inPermission("owner: 1000")},
		Silent:  Example{AppSpec: inPermission("owner: ann")},
	}
)

func permissionRules() []*Rule {
	return []*Rule{
		permissionsShape, permissionsOnWindows, objectMissing, objectRelative, permissionMatchesNothing, permissionDoesNothing,
		typeInvalid, typeEmpty, exceptInvalid, patternNotText, patternNeverMatches, patternOnFile, duplicatePermission,
		permissionOverlap, ownerNotText,
	}
}
