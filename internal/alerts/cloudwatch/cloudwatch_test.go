package cloudwatch

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/alerts"
)

var now = time.Date(2024, 5, 16, 21, 40, 0, 0, time.UTC)

const (
	certURL = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-01.pem"
	alarmed = `{"AlarmName":"Errors","AlarmDescription":null,"AWSAccountId":"123","NewStateValue":"ALARM","NewStateReason":"x","StateChangeTime":"2024-05-16T21:39:00.000+0000","Region":"US East (N. Virginia)","AlarmArn":"arn:aws:cloudwatch:us-east-1:123:alarm:Errors","OldStateValue":"OK","Trigger":{"MetricName":"5XX","Namespace":"AWS/ELB","Dimensions":[{"name":"LoadBalancer","value":"shop"}]}}`
)

// amazon is an SNS of our own, behind a client that never leaves the process.
type amazon struct {
	t     *testing.T
	key   *rsa.PrivateKey
	pem   []byte
	asked []string
}

func newAmazon(t *testing.T) *amazon {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.amazonaws.com"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(2 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &amazon{t: t, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

func (a *amazon) RoundTrip(r *http.Request) (*http.Response, error) {
	a.asked = append(a.asked, r.URL.String())
	body := a.pem
	if r.URL.RawQuery != "" {
		body = []byte("<ConfirmSubscriptionResponse/>")
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body))}, nil
}

// sign makes the signature of an envelope.
func (a *amazon) sign(e *envelope) {
	text, err := e.signed()
	if err != nil {
		return
	}
	newer, older := sha256.Sum256([]byte(text)), sha1.Sum([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, a.key, crypto.SHA256, newer[:])
	if e.SignatureVersion == "1" {
		signature, err = rsa.SignPKCS1v15(rand.Reader, a.key, crypto.SHA1, older[:])
	}
	if err != nil {
		a.t.Fatal(err)
	}
	e.Signature = base64.StdEncoding.EncodeToString(signature)
}

func notification(message string) envelope {
	return envelope{
		Type: "Notification", MessageID: "m1", TopicArn: "arn:aws:sns:us-east-1:123:alarms", Subject: new("ALARM"), Message: message,
		Timestamp: now.Add(-time.Second).Format("2006-01-02T15:04:05.000Z"), SignatureVersion: "2", SigningCertURL: certURL,
	}
}

func TestMessagesOfSNS(t *testing.T) {
	for _, c := range []struct {
		says   string
		before func(e *envelope) // it is signed
		after  func(e *envelope)
		code   outcry.Code
		alerts int
	}{
		{"an alarm", nil, nil, "", 1},
		{"signed with SHA-1, as topics were", func(e *envelope) { e.SignatureVersion = "1" }, nil, "", 1},
		{"without a subject", func(e *envelope) { e.Subject = nil }, nil, "", 1},
		{"insufficient data is neither", func(e *envelope) { e.Message = strings.Replace(alarmed, `"ALARM"`, `"INSUFFICIENT_DATA"`, 1) }, nil, "", 0},
		{"a message of another sender on the topic", func(e *envelope) { e.Message = "hello" }, nil, outcry.CodeInvalid, 0},
		{"its message was altered", nil, func(e *envelope) { e.Message = strings.Replace(alarmed, "ALARM", "OK", 1) }, outcry.CodeForbidden, 0},
		{"its signature is another one", nil, func(e *envelope) { e.Signature = "AAAA" }, outcry.CodeForbidden, 0},
		{"its signature is none", nil, func(e *envelope) { e.Signature = "%" }, outcry.CodeInvalid, 0},
		{"of a version that is not known", func(e *envelope) { e.SignatureVersion = "3" }, nil, outcry.CodeForbidden, 0},
		{"it is of yesterday", func(e *envelope) { e.Timestamp = "2024-05-15T21:40:00.000Z" }, nil, outcry.CodeForbidden, 0},
		{"of a type that there is not", func(e *envelope) { e.Type = "Rumour" }, nil, outcry.CodeInvalid, 0},
	} {
		a := newAmazon(t)
		e := notification(alarmed)
		if c.before != nil {
			c.before(&e)
		}
		a.sign(&e)
		if c.after != nil {
			c.after(&e)
		}
		got, err := read(t, a, &e)
		if outcry.CodeOf(err) != c.code || len(got.Alerts) != c.alerts {
			t.Errorf("%s: %v, %d alerts", c.says, err, len(got.Alerts))
		}
		if c.alerts == 1 {
			x := got.Alerts[0]
			if !x.Firing || x.Key != "arn:aws:cloudwatch:us-east-1:123:alarm:Errors" || x.Labels["LoadBalancer"] != "shop" || x.Labels["namespace"] != "AWS/ELB" || x.At.IsZero() {
				t.Errorf("%s: %+v", c.says, x)
			}
		}
	}
}

func read(t *testing.T, a *amazon, e *envelope) (alerts.Reading, error) {
	t.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return New(&http.Client{Transport: a}, func() time.Time { return now }).Read(t.Context(), &alerts.Request{Body: body})
}

// Nothing is fetched from where a stranger says that the certificate is.
func TestCertificatesComeFromSNSOnly(t *testing.T) {
	for _, address := range []string{
		"http://sns.us-east-1.amazonaws.com/x.pem", "https://sns.us-east-1.amazonaws.com.evil.example/x.pem", "https://evil.example/sns.us-east-1.amazonaws.com/x.pem",
		"https://sns.us-east-1.amazonaws.com@evil.example/x.pem", "https://evil.s3.amazonaws.com/x.pem", "https://sns.us-east-1.amazonaws.com:8443/x.pem",
		"https://sns.us-east-1.amazonaws.com/x.txt", "https://sns.us-east-1.amazonaws.com/?x.pem", "https://127.0.0.1/x.pem", "", "https://sns..amazonaws.com/x.pem",
	} {
		a := newAmazon(t)
		e := notification(alarmed)
		e.SigningCertURL = address
		a.sign(&e)
		if got, err := read(t, a, &e); err == nil || len(got.Alerts) > 0 || len(a.asked) > 0 {
			t.Errorf("%s: %v, asked %v", address, err, a.asked)
		}
	}
}

func TestSubscriptionsAreConfirmed(t *testing.T) {
	const confirm = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
	for says, c := range map[string]struct {
		url   string
		asked int
		ok    bool
	}{"at SNS": {confirm, 2, true}, "at a stranger's": {"https://evil.example/?Action=ConfirmSubscription", 1, false}} {
		a := newAmazon(t)
		e := notification("You have chosen to subscribe")
		e.Type, e.Token, e.SubscribeURL, e.Subject = "SubscriptionConfirmation", "t", c.url, nil
		a.sign(&e)
		got, err := read(t, a, &e)
		if (err == nil) != c.ok || len(a.asked) != c.asked || len(got.Alerts) > 0 {
			t.Errorf("%s: %v, asked %v", says, err, a.asked)
		}
	}
}

// A certificate is fetched once.
func TestCertificatesAreKept(t *testing.T) {
	a := newAmazon(t)
	in := New(&http.Client{Transport: a}, func() time.Time { return now })
	for range 3 {
		e := notification(alarmed)
		a.sign(&e)
		body, err := json.Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Read(t.Context(), &alerts.Request{Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	if len(a.asked) != 1 {
		t.Errorf("asked %v", a.asked)
	}
}

func FuzzRead(f *testing.F) {
	e := notification(alarmed)
	body, err := json.Marshal(&e)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"Type":"SubscriptionConfirmation"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a := &amazon{t: t, pem: []byte("no certificate")}
		got, err := New(&http.Client{Transport: a}, func() time.Time { return now }).Read(t.Context(), &alerts.Request{Body: body})
		if err == nil || len(got.Alerts) > 0 || outcry.CodeOf(err) == outcry.CodeInternal {
			t.Errorf("%v: nobody has signed this", err)
		}
	})
}

func FuzzAlarm(f *testing.F) {
	f.Add(alarmed)
	f.Fuzz(func(t *testing.T, message string) {
		if _, err := alarm(message); err != nil && outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Error(err)
		}
	})
}
