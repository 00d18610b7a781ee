package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Needs is what a configuration makes cdx do, for one application.
type Needs struct {
	Place
	Uses           []Use
	Application    string   // empty: any
	Groups         []string // none: all of the application
	Configurations []string // deployment configurations; none: any
	Bucket         string   // empty: nothing in S3
	KeyPrefix      string   // what all keys begin with; empty: any key
	WholeKey       bool     // KeyPrefix is the only key
	KMSKey         string   // ID, ARN or alias; empty: no key of one's own
	Tagging        bool     // objects get tags
	ACL            bool     // objects get an ACL
	Alarms         bool     // deployments replace the group's alarms
	Stops          bool     // a wait that ends early stops the deployment
	Function       string   // Lambda function whose alias is looked at; "*" for any; empty: none
	ServiceRole    string   // ARN of the role that CodeDeploy takes; empty: any
}

// Permission is one action that is needed.
type Permission struct {
	Action    string // like "codedeploy:CreateDeployment"
	Access    Access
	Resources []string // ARNs or patterns of them, or "*"
}

// Permissions lists what is needed, in the order of services and resources.
func (n Needs) Permissions() []Permission {
	var all []Permission
	for _, g := range grants() {
		known := slices.ContainsFunc(all, func(p Permission) bool { return p.Action == g.action })
		if g.of(n) && !known {
			all = append(all, Permission{g.action, g.access, n.resources(g.on)})
		}
	}
	return all
}

// OneApplication reports whether some of the uses are about a single application.
func (n Needs) OneApplication() bool {
	return slices.ContainsFunc(n.Uses, func(use Use) bool { return !slices.Contains([]Use{Apps, Configs, OnPremises}, use) })
}

// For is the policy that allows what is needed and nothing else.
func For(all ...Needs) Document {
	doc := Document{Version: version}
	for _, n := range all {
		for _, s := range statements {
			if actions := n.actions(s.on); len(actions) > 0 {
				doc.add(Statement{Sid: s.sid, Effect: allow, Action: actions, Resource: n.resources(s.on), Condition: n.condition(s.on)})
			}
		}
	}
	doc.nameApart()
	return doc
}

// actions are those needed on a kind of resource, sorted.
func (n Needs) actions(on kind) []string {
	var actions []string
	for _, g := range grants() {
		if g.on == on && g.of(n) {
			actions = append(actions, g.action)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// resources are the ARNs of a kind of resource.
func (n Needs) resources(on kind) []string {
	switch on {
	case application:
		return []string{n.arn("codedeploy", "application:"+orAny(n.Application))}
	case group:
		return n.named("deploymentgroup:"+orAny(n.Application)+"/", n.Groups)
	case configuration:
		return n.named("deploymentconfig:", n.Configurations)
	case bucket:
		return []string{n.s3ARN(literal(n.Bucket))}
	case object:
		return []string{n.s3ARN(literal(n.Bucket) + "/" + n.keys())}
	case key:
		if arn := n.keyARN(n.KMSKey); arn != "" {
			return []string{arn}
		}
		return []string{n.anyKeyARN()}
	case function:
		return []string{n.functionARN()}
	case objects:
		return []string{n.s3ARN(literal(n.Bucket) + "/*")}
	case applications:
		return []string{n.arn("codedeploy", "application:*")}
	case groups:
		return n.named("deploymentgroup:"+orAny(n.Application)+"/", nil)
	case everyGroup:
		return n.named("deploymentgroup:*/", nil)
	case configurations:
		return n.named("deploymentconfig:", nil)
	case instances: // AWS's two references differ about the form
		return []string{n.arn("codedeploy", "instance:*"), n.arn("codedeploy", "instance/*")}
	case role:
		return []string{cmp.Or(literal(n.ServiceRole), n.iamARN("role/*"))}
	case users:
		return []string{n.iamARN("user/AWS/CodeDeploy/*")}
	default:
		return []string{"*"}
	}
}

// named are the ARNs of named resources of CodeDeploy, of all without a name.
func (n Needs) named(before string, names []string) []string {
	if len(names) == 0 {
		return []string{n.arn("codedeploy", before+"*")}
	}
	var arns []string
	for _, name := range names {
		arns = append(arns, n.arn("codedeploy", before+literal(name)))
	}
	return arns
}

func (n Needs) keys() string {
	if n.WholeKey {
		return literal(n.KeyPrefix)
	}
	return literal(n.KeyPrefix) + "*"
}

// literal keeps the characters of a name from being wildcards.
// Source: IAM user guide, "IAM policy elements: Variables and tags".
func literal(text string) string {
	return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}").Replace(text)
}

func (n Needs) functionARN() string {
	if strings.HasPrefix(n.Function, "arn:") {
		return n.Function
	}
	return n.arn("lambda", "function:"+n.Function)
}

// condition narrows what a resource cannot: actions without resources to the region,
// and all keys to those of an alias.
func (n Needs) condition(on kind) map[string]Condition {
	switch {
	case on == everything:
		return map[string]Condition{"StringEquals": {"aws:RequestedRegion": {n.Region}}}
	case on == role:
		return map[string]Condition{"StringEquals": {"iam:PassedToService": {n.service()}}}
	case on == key && n.keyARN(n.KMSKey) == "":
		return map[string]Condition{"ForAnyValue:StringEquals": {"kms:ResourceAliases": {alias(n.KMSKey)}}}
	default:
		return nil
	}
}

// add adds a statement, or its resources to one that differs in nothing else.
func (d *Document) add(s Statement) {
	for i, there := range d.Statement {
		if slices.Equal(there.Action, s.Action) && fmt.Sprint(there.Condition) == fmt.Sprint(s.Condition) {
			for _, arn := range s.Resource {
				if !slices.Contains(there.Resource, arn) {
					d.Statement[i].Resource = append(d.Statement[i].Resource, arn)
				}
			}
			return
		}
	}
	d.Statement = append(d.Statement, s)
}

// nameApart makes the names of the statements unique, which IAM demands.
func (d *Document) nameApart() {
	count := make(map[string]int)
	for i, s := range d.Statement {
		if count[s.Sid]++; count[s.Sid] > 1 {
			d.Statement[i].Sid = fmt.Sprintf("%s%d", s.Sid, count[s.Sid])
		}
	}
}
