package awsapi

import "testing"

func TestEndpointOf(t *testing.T) {
	isolate(t)
	for _, test := range []struct{ all, iam, lambda, given, wantIAM, wantLambda string }{
		{"", "", "", "", "", ""},
		{"http://all/", "", "", "", "http://all", "http://all"},
		{"http://all", "http://iam", "http://lambda/", "", "http://iam", "http://lambda"},
		{"", "http://iam", "", "http://given", "http://given", "http://given"},
	} {
		t.Setenv("AWS_ENDPOINT_URL", test.all)
		t.Setenv("AWS_ENDPOINT_URL_IAM", test.iam)
		t.Setenv("AWS_ENDPOINT_URL_LAMBDA", test.lambda)
		config, err := Load(t.Context(), Options{EndpointURL: test.given})
		if err != nil {
			t.Fatal(err)
		}
		if iam, lambda := config.endpointOf(t.Context(), "IAM"), config.endpointOf(t.Context(), "Lambda"); iam != test.wantIAM || lambda != test.wantLambda {
			t.Errorf("%+v: %q and %q", test, iam, lambda)
		}
	}
}
