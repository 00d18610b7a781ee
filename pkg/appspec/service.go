package appspec

import (
	"encoding/json"
	"fmt"
	"math/big"
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// fold looks a key up without regard to upper and lower case, as the readers of these
// files do. Of several the last counts.
func (p place) fold(name string) (value place, ok bool) {
	for i := 0; p.node != nil && p.node.Kind == yaml.MappingNode && i+1 < len(p.node.Content); i += 2 {
		if key := deref(p.node.Content[i]); key.Kind == yaml.ScalarNode && strings.EqualFold(key.Value, name) {
			value, ok = place{deref(p.node.Content[i+1]), p.below(key.Value), p.by}, true
		}
	}
	return value, ok
}

// resources returns the value of Resources, nil if there is none.
func resources(root *yaml.Node) *yaml.Node {
	value, _ := place{node: root}.fold("Resources")
	return value.node
}

// resourcePlatform tells the platform by the type of the first resource that has one,
// else by the properties.
func resourcePlatform(root *yaml.Node) Platform {
	for _, entry := range nodesBelow(resources(root), 3) {
		if kind, ok := (place{node: entry}).fold("Type"); ok {
			if platform := typePlatform(kind.node.Value); platform != "" {
				return platform
			}
		}
	}
	for _, entry := range nodesBelow(resources(root), 4) {
		if _, ok := (place{node: entry}).fold("TaskDefinition"); ok {
			return ECS
		}
		if _, ok := (place{node: entry}).fold("TargetVersion"); ok {
			return Lambda
		}
	}
	return ""
}

// nodesBelow returns a node and what is in it, so many levels deep, aliases followed.
func nodesBelow(n *yaml.Node, depth int) []*yaml.Node {
	if n == nil || depth == 0 {
		return nil
	}
	nodes := []*yaml.Node{n}
	for _, child := range n.Content {
		if len(nodes) > maxResourceNodes {
			break
		}
		nodes = append(nodes, nodesBelow(deref(child), depth-1)...)
	}
	return nodes
}

// maxResourceNodes is how many nodes are looked at to tell a platform.
const maxResourceNodes = 1000

func typePlatform(kind string) Platform {
	switch {
	case strings.EqualFold(kind, ecsType):
		return ECS
	case strings.EqualFold(kind, lambdaType):
		return Lambda
	}
	return ""
}

const (
	ecsType    = "AWS::ECS::Service"
	lambdaType = "AWS::Lambda::Function"
)

// service checks a file for Amazon ECS or AWS Lambda.
// Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html.
func (c *checker) service() {
	root := place{node: deref(c.file.root), by: c.by}
	if path.Ext(c.file.name) == ".json" && !json.Valid(c.file.source.text) {
		c.report(jsonSyntax, place{root.node, "document", root.by}, "the file is YAML, but not JSON", "JSON", "remove trailing commas and comments")
	}
	c.foldedKeys(root, "version", "Resources", "Hooks")
	c.serviceVersion(root)
	c.resources(root)
	if hooks, ok := root.fold("Hooks"); ok {
		c.serviceHooks(hooks)
	}
}

// foldedKeys reports the keys of a mapping that nobody reads.
func (c *checker) foldedKeys(p place, known ...string) {
	for i := 0; i+1 < len(p.node.Content); i += 2 {
		key := deref(p.node.Content[i])
		same := func(name string) bool { return strings.EqualFold(name, key.Value) }
		if key.Kind != yaml.ScalarNode || isMergeKey(key) || slices.ContainsFunc(known, same) {
			continue
		}
		fix := ""
		if near, ok := nearest(key.Value, known); ok {
			fix = "did you mean " + near + "?"
		}
		c.report(unknownKey, place{p.node.Content[i], p.below(key.Value), p.by}, "nobody reads the key "+quoted(key.Value), "one of "+strings.Join(known, ", "), fix)
	}
}

func (c *checker) serviceVersion(root place) {
	version, ok := root.fold("version")
	switch {
	case !ok:
		c.report(serviceVersion, place{root.node, "version", root.by}, "version is missing", "version: 0.0", "")
	case version.node.Value != "0.0" && !isRustZero(version.node):
		c.report(serviceVersion, version, "version is "+kindName(version.node), "0.0", "write 0.0")
	}
}

// resources checks the one resource of a file.
func (c *checker) resources(root place) {
	p, ok := root.fold("Resources")
	if !ok {
		c.report(resourcesShape, place{root.node, "Resources", root.by}, "Resources is missing", "a list of one resource", "")
		return
	}
	if p.node.Kind != yaml.SequenceNode || len(p.node.Content) != 1 {
		found := kindName(p.node)
		if p.node.Kind == yaml.SequenceNode {
			found = fmt.Sprintf("a list of %d", len(p.node.Content))
		}
		c.report(resourcesShape, p, "Resources is "+found, "a list of exactly one resource", "")
		return
	}
	entry := p.items()[0]
	if entry.node.Kind != yaml.MappingNode || len(entry.node.Content) != 2 {
		c.report(resourcesShape, entry, "the resource is "+kindName(entry.node), "a mapping with one name", "indent Type and Properties below the name")
		return
	}
	name := deref(entry.node.Content[0])
	resource := place{deref(entry.node.Content[1]), entry.below(name.Value), entry.by}
	c.foldedKeys(resource, "Type", "Properties")
	c.resourceType(resource)
	properties, ok := resource.fold("Properties")
	if !ok || properties.node.Kind != yaml.MappingNode {
		c.report(propertyMissing, place{resource.node, resource.below("Properties"), resource.by}, "Properties is missing or not a mapping", "a mapping", "")
		return
	}
	if c.platform == ECS {
		c.ecs(properties)
	} else {
		c.lambda(properties)
	}
}

func (c *checker) resourceType(resource place) {
	want := map[Platform]string{ECS: ecsType, Lambda: lambdaType}[c.platform]
	kind, ok := resource.fold("Type")
	if !ok {
		c.report(resourceType, place{resource.node, resource.below("Type"), resource.by}, "Type is missing", want, "")
	} else if !strings.EqualFold(kind.node.Value, want) {
		c.report(resourceType, kind, "Type is "+kindName(kind.node), want, "write "+want)
	}
}

// property returns a required property that has a value; what is missing is reported, and
// placeholders are looked for.
func (c *checker) property(p place, name string) (value place, ok bool) {
	value, ok = p.fold(name)
	switch {
	case !ok:
		c.report(propertyMissing, place{p.node, p.below(name), p.by}, name+" is missing", name, "")
	case value.node.Kind == yaml.ScalarNode && strings.TrimSpace(value.node.Value) == "" || value.node.Kind == yaml.ScalarNode && isPlain(value.node) && rustNull(value.node.Value):
		c.report(propertyMissing, value, name+" is empty", name, "")
		ok = false
	case value.node.Kind == yaml.ScalarNode && isPlaceholder(value.node.Value):
		if c.options.Final {
			c.report(placeholderLeft, value, name+" is the placeholder "+quoted(value.node.Value), "a value", "replace it before deploying")
		}
		ok = false
	}
	return value, ok
}

var placeholders = pattern(`^<[^<>]*>$|\{\{.*\}\}|\$\{.*\}|<[A-Z0-9_]+>`)

func isPlaceholder(text string) bool { return placeholders().MatchString(text) }

func (c *checker) ecs(p place) {
	c.foldedKeys(p, "TaskDefinition", "LoadBalancerInfo", "PlatformVersion", "NetworkConfiguration", "CapacityProviderStrategy")
	if task, ok := c.property(p, "TaskDefinition"); ok && !strings.HasPrefix(task.node.Value, "arn:") {
		c.report(taskDefinition, task, "TaskDefinition is "+kindName(task.node), "the ARN of a task definition", "")
	}
	if balancer, ok := c.property(p, "LoadBalancerInfo"); ok {
		c.loadBalancer(balancer)
	}
	if network, ok := p.fold("NetworkConfiguration"); ok {
		if vpc, ok := network.fold("AwsvpcConfiguration"); ok {
			c.network(vpc)
		}
	}
	if strategy, ok := p.fold("CapacityProviderStrategy"); ok {
		c.capacity(strategy)
	}
}

func (c *checker) loadBalancer(p place) {
	if p.node.Kind != yaml.MappingNode {
		c.report(propertyMissing, p, "LoadBalancerInfo is "+kindName(p.node), "a mapping with ContainerName and ContainerPort", "")
		return
	}
	c.foldedKeys(p, "ContainerName", "ContainerPort")
	c.property(p, "ContainerName")
	port, ok := c.property(p, "ContainerPort")
	if !ok {
		return
	}
	number, err := strconv.Atoi(port.node.Value)
	switch {
	case port.node.Kind != yaml.ScalarNode || err != nil || number < 1 || number > 65535:
		c.report(containerPort, port, "ContainerPort is "+kindName(port.node), "a number from 1 to 65535", "").refusedBy(byService)
	case !isPlain(port.node):
		c.report(containerPort, port, "ContainerPort is a number between quotes", "a number", "write "+port.node.Value).refuses = 0
	}
}

func (c *checker) network(p place) {
	names := []string{"Subnets", "SecurityGroups", "AssignPublicIp"}
	c.foldedKeys(p, names...)
	var missing []string
	for _, name := range names {
		value, ok := p.fold(name)
		switch {
		case !ok:
			missing = append(missing, name)
		case name == "AssignPublicIp":
			if !slices.Contains([]string{"ENABLED", "DISABLED"}, value.node.Value) && !isPlaceholder(value.node.Value) {
				c.report(networkConfiguration, value, "AssignPublicIp is "+kindName(value.node), "ENABLED or DISABLED", "")
			}
		default:
			c.names(value, name)
		}
	}
	if len(missing) > 0 && len(missing) < len(names) {
		c.report(networkConfiguration, p, strings.Join(missing, " and ")+" missing", "all or none of "+strings.Join(names, ", "), "")
	}
}

// names checks a list of subnets or security groups.
func (c *checker) names(p place, name string) {
	if p.node.Kind != yaml.SequenceNode || len(p.node.Content) == 0 {
		c.report(networkConfiguration, p, name+" is "+kindName(p.node), "a list of IDs", "")
		return
	}
	for _, item := range p.items() {
		if item.node.Kind != yaml.ScalarNode || strings.TrimSpace(item.node.Value) == "" {
			c.report(networkConfiguration, item, "the entry is "+kindName(item.node), "an ID", "")
		}
	}
}

func (c *checker) capacity(p place) {
	if p.node.Kind != yaml.SequenceNode {
		c.report(capacityProvider, p, "CapacityProviderStrategy is "+kindName(p.node), "a list", "")
		return
	}
	bases, weights, positive := 0, 0, false
	for _, item := range p.items() {
		if _, ok := item.fold("CapacityProvider"); !ok {
			c.report(capacityProvider, item, "CapacityProvider is missing", "a capacity provider's name", "")
		}
		if base, ok := item.fold("Base"); ok && c.count(base, "Base") > 0 {
			if bases++; bases == 2 {
				c.report(capacityProvider, base, "a second Base", "one entry at most with a Base", "")
			}
		}
		if weight, ok := item.fold("Weight"); ok {
			weights++
			positive = c.count(weight, "Weight") != 0 || positive
		}
	}
	if weights > 0 && !positive {
		c.report(capacityProvider, p, "no Weight is above 0", "one weight above 0", "")
	}
}

// count checks a number that is not negative and returns it, -1 if it is none.
func (c *checker) count(p place, name string) int64 {
	number, err := strconv.ParseInt(p.node.Value, 10, 64)
	if p.node.Kind != yaml.ScalarNode || err != nil || number < 0 {
		c.report(capacityProvider, p, name+" is "+kindName(p.node), "a number", "")
		return -1
	}
	return number
}

func (c *checker) lambda(p place) {
	c.foldedKeys(p, "Name", "Alias", "CurrentVersion", "TargetVersion")
	c.property(p, "Name")
	c.property(p, "Alias")
	current := c.lambdaVersion(p, "CurrentVersion")
	if target := c.lambdaVersion(p, "TargetVersion"); target != nil && current != nil && target.Cmp(current) == 0 {
		value, _ := p.fold("TargetVersion")
		c.report(lambdaVersionsEqual, value, "TargetVersion is CurrentVersion", "a newer version", "")
	}
}

// lambdaVersion returns a version's number, nil if it has none.
func (c *checker) lambdaVersion(p place, name string) *big.Int {
	value, ok := c.property(p, name)
	if !ok {
		return nil
	}
	if digits := value.node.Value; value.node.Kind == yaml.ScalarNode && strings.Trim(digits, "0123456789") == "" {
		if number, ok := new(big.Int).SetString(digits, 10); ok && number.Sign() > 0 {
			return number
		}
	}
	c.report(lambdaVersion, value, name+" is "+kindName(value.node), "the number of a published version", "")
	return nil
}

// serviceHooks checks the Hooks section of a file for ECS or Lambda.
func (c *checker) serviceHooks(p place) {
	events := ECSEvents()
	if c.platform == Lambda {
		events = LambdaEvents()
	}
	if p.node.Kind != yaml.SequenceNode {
		if !rustAbsent(p.node) {
			c.report(serviceHook, p, "Hooks is "+kindName(p.node), "a list of events, each with a dash", "put a dash before each event")
		}
		return
	}
	for _, item := range p.items() {
		if item.node.Kind != yaml.MappingNode || len(item.node.Content) != 2 {
			c.report(serviceHook, item, "the entry is "+kindName(item.node), "one event and its function", "put a dash before each event")
			continue
		}
		c.serviceHook(item, events)
	}
}

func (c *checker) serviceHook(p place, events []string) {
	key, value := p.node.Content[0], deref(p.node.Content[1])
	name := deref(key).Value
	if !slices.ContainsFunc(events, func(event string) bool { return strings.EqualFold(event, name) }) {
		fix := ""
		if near, ok := nearest(name, events); ok {
			fix = "did you mean " + near + "?"
		}
		c.report(serviceHook, place{key, p.below(name), p.by}, quoted(name)+" is no lifecycle event of this platform", "one of "+strings.Join(events, ", "), fix)
	}
	if value.Kind != yaml.ScalarNode || strings.TrimSpace(value.Value) == "" || rustAbsent(value) {
		c.report(serviceHook, place{value, p.below(name), p.by}, quoted(name)+" names no function", "the name or ARN of a Lambda function", "")
	}
}
