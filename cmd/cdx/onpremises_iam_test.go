package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// iamService is what cdx needs of IAM: users with inline policies and access keys.
type iamService struct {
	mu    sync.Mutex
	users map[string]*iamUser
	fail  map[string]string // code of the error by action; "lost" carries it out and loses the answer
	keys  int
	seen  []string // actions, in their order
}

type iamUser struct {
	arn      string
	policies map[string]string
	keys     []string
}

func (s *iamService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	action := r.FormValue("Action")
	s.seen = append(s.seen, action)
	code := s.fail[action]
	if !strings.Contains(r.Header.Get("Authorization"), "/us-east-1/iam/aws4_request") || r.FormValue("Version") != "2010-05-08" {
		code = "SignatureDoesNotMatch"
	}
	answer := ""
	if code == "" || code == "lost" {
		var refused string
		if answer, refused = s.do(action, r); refused != "" {
			code = refused
		}
	}
	switch code {
	case "":
		fmt.Fprintf(w, "<%sResponse><%[1]sResult>%s</%[1]sResult></%[1]sResponse>", action, answer)
	case "lost":
		panic(http.ErrAbortHandler)
	default:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>as asked for</Message></Error></ErrorResponse>", code)
	}
}

// do carries an action out: the result, or the code of a refusal.
func (s *iamService) do(action string, r *http.Request) (answer, refused string) {
	name := r.FormValue("UserName")
	user := s.users[name]
	if action == "CreateUser" {
		if user != nil {
			return "", "EntityAlreadyExists"
		}
		arn := "arn:aws:iam::111122223333:user" + r.FormValue("Path") + name
		s.users[name] = &iamUser{arn: arn, policies: make(map[string]string)}
		return "<User><UserName>" + name + "</UserName><Arn>" + arn + "</Arn></User>", ""
	}
	if user == nil {
		return "", "NoSuchEntity"
	}
	switch action {
	case "PutUserPolicy":
		user.policies[r.FormValue("PolicyName")] = r.FormValue("PolicyDocument")
	case "CreateAccessKey":
		s.keys++
		id := fmt.Sprintf("AKIAMADEUP%d", s.keys)
		user.keys = append(user.keys, id)
		return "<AccessKey><AccessKeyId>" + id + "</AccessKeyId><SecretAccessKey>the/secret+" + id + "</SecretAccessKey></AccessKey>", ""
	case "ListUserPolicies":
		for name := range user.policies {
			answer += "<member>" + name + "</member>"
		}
		return "<PolicyNames>" + answer + "</PolicyNames><IsTruncated>false</IsTruncated>", ""
	case "DeleteUserPolicy":
		delete(user.policies, r.FormValue("PolicyName"))
	case "ListAccessKeys": // one on each page
		at := 0
		_, _ = fmt.Sscan(r.FormValue("Marker"), &at)
		if at >= len(user.keys) {
			return "<IsTruncated>false</IsTruncated>", ""
		}
		return fmt.Sprintf("<AccessKeyMetadata><member><AccessKeyId>%s</AccessKeyId></member></AccessKeyMetadata><IsTruncated>%t</IsTruncated><Marker>%d</Marker>", user.keys[at], at+1 < len(user.keys), at+1), ""
	case "DeleteAccessKey":
		user.keys = slices.DeleteFunc(user.keys, func(id string) bool { return id == r.FormValue("AccessKeyId") })
	case "DeleteUser":
		if len(user.keys)+len(user.policies) > 0 {
			return "", "DeleteConflict"
		}
		delete(s.users, name)
	default:
		return "", "InvalidAction"
	}
	return "", ""
}

type iamKey struct{}

// serveIAM serves IAM to the script, and looks at it: iam starts it; iam fail ACTION CODE
// makes an action fail, with an empty code no more, and with lost loses its answers; iam
// create NAME PATH creates a user; iam user NAME [KEYS] demands one, with so many access
// keys; ! iam user NAME demands that there is none.
func serveIAM(ts *testscript.TestScript, neg bool, args []string) {
	s, _ := ts.Value(iamKey{}).(**iamService)
	if s == nil {
		ts.Fatalf("IAM is not set up")
	}
	if *s == nil {
		*s = &iamService{users: make(map[string]*iamUser), fail: make(map[string]string)}
		watch := ts.Value(watchKey{}).(func(http.Handler) http.Handler)
		server := httptest.NewServer(watch(*s))
		ts.Defer(server.Close)
		ts.Setenv("AWS_ENDPOINT_URL_IAM", server.URL)
	}
	(*s).mu.Lock()
	defer (*s).mu.Unlock()
	switch {
	case len(args) == 0:
	case args[0] == "fail" && len(args) == 3:
		(*s).fail[args[1]] = args[2]
	case args[0] == "create" && len(args) == 3:
		(*s).users[args[1]] = &iamUser{arn: "arn:aws:iam::111122223333:user" + args[2] + args[1], policies: make(map[string]string)}
	case args[0] == "user" && len(args) >= 2:
		user := (*s).users[args[1]]
		if (user == nil) != neg {
			ts.Fatalf("user %s: %+v", args[1], user)
		}
		if len(args) == 3 && fmt.Sprint(len(user.keys)) != args[2] {
			ts.Fatalf("user %s has the access keys %v", args[1], user.keys)
		}
	default:
		ts.Fatalf("usage: iam [fail ACTION CODE | create NAME PATH | user NAME [KEYS]]")
	}
}
