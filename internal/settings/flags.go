package settings

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// AddFlags defines the flags of the named settings. It panics on a name that is
// no setting, which is a mistake of the program and not of its user.
func AddFlags(flags *pflag.FlagSet, names ...string) {
	for _, name := range names {
		s, ok := Lookup(name)
		if !ok {
			panic("settings: no setting is called " + name)
		}
		addFlag(flags, s)
	}
}

// addFlag leaves defaults to viper and out of pflag, so that a flag's default
// never hides a value of the environment or the file.
func addFlag(flags *pflag.FlagSet, s Setting) {
	usage := s.Help
	if s.Default != "" {
		usage += " (default " + s.Default + ")"
	}
	switch s.Kind {
	case Bool:
		flags.BoolP(s.Name, s.Short, false, usage)
		addNegation(flags, s)
	case Strings:
		flags.VarP(&list{placeholder: s.Value}, s.Name, s.Short, usage)
	default:
		flags.VarP(&checked{setting: s}, s.Name, s.Short, usage)
		flags.Lookup(s.Name).NoOptDefVal = s.Bare
	}
	flags.Lookup(s.Name).Hidden = s.Hidden
}

// checked is a flag value that is refused at once when the setting does not allow it.
type checked struct {
	setting Setting
	text    string
}

func (c *checked) String() string { return c.text }

// Type is what the help prints behind the flag.
func (c *checked) Type() string { return c.setting.Value }

func (c *checked) Set(text string) error {
	if err := c.setting.check(text); err != nil {
		return err
	}
	c.text = text
	return nil
}

// list is the value of a repeatable flag: each use adds one, whatever it contains.
type list struct {
	placeholder string
	values      []string
}

func (l *list) String() string { return strings.Join(l.values, " ") }

// Type is what the help prints behind the flag.
func (l *list) Type() string { return l.placeholder }

// GetSlice tells completion that the flag may be given again.
func (l *list) GetSlice() []string { return l.values }

func (l *list) Set(text string) error {
	if text == "" {
		return errors.New("expected a value, not an empty one")
	}
	l.values = append(l.values, text)
	return nil
}

// negation is the --no-NAME twin of a flag, as the AWS CLI has it.
type negation struct{ of *pflag.Flag }

func (n *negation) String() string   { return "" }
func (n *negation) Type() string     { return "bool" }
func (n *negation) IsBoolFlag() bool { return true }

func (n *negation) Set(text string) error {
	no, err := strconv.ParseBool(text)
	if err != nil {
		return err
	}
	if n.of.Changed && n.of.Value.String() == strconv.FormatBool(no) {
		return fmt.Errorf("--%s and --no-%s contradict each other: give one of them", n.of.Name, n.of.Name)
	}
	n.of.Changed = true
	return n.of.Value.Set(strconv.FormatBool(!no))
}

// positive is the flag itself: it contradicts a --no-NAME that came before it.
type positive struct {
	pflag.Value
	flag *pflag.Flag
}

func (p *positive) IsBoolFlag() bool { return true }

func (p *positive) Set(text string) error {
	yes, err := strconv.ParseBool(text)
	if err != nil {
		return fmt.Errorf("expected true or false, not %q", text)
	}
	if p.flag.Changed && p.Value.String() != strconv.FormatBool(yes) {
		return fmt.Errorf("--%s and --no-%s contradict each other: give one of them", p.flag.Name, p.flag.Name)
	}
	return p.Value.Set(text)
}

func addNegation(flags *pflag.FlagSet, s Setting) {
	flag := flags.Lookup(s.Name)
	flag.Value = &positive{Value: flag.Value, flag: flag}
	if strings.HasPrefix(s.Name, "no-") {
		return
	}
	twin := flags.VarPF(&negation{of: flag}, "no-"+s.Name, "", "")
	twin.NoOptDefVal = "true"
	twin.Hidden = true
}

// parse turns text into a value of a kind.
func parse(kind Kind, text string) (any, error) {
	switch kind {
	case Bool:
		value, err := strconv.ParseBool(text)
		if err != nil {
			return nil, fmt.Errorf("expected true or false, not %q", text)
		}
		return value, nil
	case Duration:
		return parseDuration(text)
	case Size:
		return parseSize(text)
	case Seconds:
		return parseSeconds(text)
	case Number:
		return parseNumber(text)
	case Strings:
		return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), nil
	default:
		return text, nil
	}
}

func parseNumber(text string) (int, error) {
	value, err := strconv.ParseInt(text, 10, 32)
	if err != nil || value < 1 {
		return 0, fmt.Errorf("expected a whole number from 1, not %q", text)
	}
	return int(value), nil
}

func parseDuration(text string) (time.Duration, error) {
	if number, err := strconv.Atoi(text); err == nil && number > 0 {
		return 0, fmt.Errorf("expected a time with a unit, not %q: write %ss or %sm", text, text, text)
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("expected a time such as 90s, 30m or 1h30m, not %q", text)
	}
	if value <= 0 {
		return 0, fmt.Errorf("expected a time above 0, not %q", text)
	}
	return value, nil
}

// parseSize reads a number of bytes with an optional binary unit.
func parseSize(text string) (int64, error) {
	number, unit := text, int64(1)
	for i, name := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if rest, ok := strings.CutSuffix(text, name); ok {
			number, unit = strings.TrimSpace(rest), 1<<(10*(i+1))
		}
	}
	value, err := strconv.ParseInt(number, 10, 64)
	if err != nil || value <= 0 || value > math.MaxInt64/unit {
		return 0, fmt.Errorf("expected a size such as 500MiB or 10GiB, not %q", text)
	}
	return value * unit, nil
}

// noLimit is the longest time: what 0 seconds stand for.
const noLimit = math.MaxInt64

func parseSeconds(text string) (time.Duration, error) {
	value, err := strconv.ParseInt(text, 10, 32)
	if err != nil || value < 0 {
		return 0, fmt.Errorf("expected whole seconds, or 0 for no limit, not %q", text)
	}
	if value == 0 {
		return noLimit, nil
	}
	return time.Duration(value) * time.Second, nil
}
