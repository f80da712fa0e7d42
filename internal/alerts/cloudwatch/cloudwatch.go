// Package cloudwatch takes the alarms of AWS CloudWatch from an SNS topic that
// posts to HTTPS. The address that is subscribed carries the token, as
// …/cloudwatch?token=…; the signature of each message is checked besides.
//
// ALARM fires and OK recovers, by the alarm's ARN; INSUFFICIENT_DATA is neither.
// Labels are alarm, region, account, namespace and metric, and the metric's
// dimensions. A subscription is confirmed by itself.
package cloudwatch

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/alerts"
)

// integration has what signatures need.
type integration struct {
	client *http.Client
	now    func() time.Time
	certs  *certs
}

// New makes the integration. The client fetches certificates and confirms
// subscriptions: it should go through the outbound guard.
func New(client *http.Client, now func() time.Time) alerts.Integration {
	c := *client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &integration{client: &c, now: now, certs: &certs{}}
}

// envelope is a message of SNS.
type envelope struct {
	Type             string
	MessageID        string `json:"MessageId"`
	Token            string
	TopicArn         string
	Subject          *string
	Message          string
	SubscribeURL     string
	Timestamp        string
	SignatureVersion string
	Signature        string
	SigningCertURL   string
}

// Read implements alerts.Integration.
func (c *integration) Read(ctx context.Context, r *alerts.Request) (alerts.Reading, error) {
	var e envelope
	if err := alerts.Decode(r.Body, &e); err != nil {
		return alerts.Reading{}, err
	}
	if err := c.verify(ctx, &e); err != nil {
		return alerts.Reading{}, err
	}
	switch e.Type {
	case "SubscriptionConfirmation":
		return alerts.Reading{}, c.confirm(ctx, &e)
	case "Notification":
		return alarm(e.Message)
	default: // UnsubscribeConfirmation
		return alerts.Reading{}, nil
	}
}

// confirm tells SNS that the subscription is wanted.
func (c *integration) confirm(ctx context.Context, e *envelope) error {
	if err := ofSNS(e.SubscribeURL, "SubscribeURL"); err != nil {
		return err
	}
	_, err := c.get(ctx, e.SubscribeURL)
	return err
}

type state struct {
	Name    string `json:"AlarmName"`
	Arn     string `json:"AlarmArn"`
	Account string `json:"AWSAccountId"`
	Region  string `json:"Region"`
	New     string `json:"NewStateValue"`
	Changed string `json:"StateChangeTime"`
	Trigger struct {
		Metric     string `json:"MetricName"`
		Namespace  string `json:"Namespace"`
		Dimensions []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"Dimensions"`
	} `json:"Trigger"`
}

// alarm reads the message of an alarm.
func alarm(message string) (alerts.Reading, error) {
	var s state
	if err := json.Unmarshal([]byte(message), &s); err != nil || s.Name == "" {
		return alerts.Reading{}, outcry.FieldErrorf("Message", "is no alarm of CloudWatch")
	}
	a := alerts.Alert{Key: s.Arn, Name: s.Name, Labels: s.labels()}
	if a.Key == "" {
		a.Key = s.Account + "/" + s.Region + "/" + s.Name
	}
	if at, err := time.Parse("2006-01-02T15:04:05.000-0700", s.Changed); err == nil {
		a.At = at
	}
	switch s.New {
	case "ALARM":
		a.Firing = true
	case "OK":
	case "INSUFFICIENT_DATA":
		return alerts.Reading{}, nil
	default:
		return alerts.Reading{}, outcry.FieldErrorf("NewStateValue", "%.30q is none of CloudWatch's", s.New)
	}
	return alerts.Reading{Alerts: []alerts.Alert{a}}, nil
}

func (s *state) labels() map[string]string {
	labels := make(map[string]string)
	for _, d := range s.Trigger.Dimensions {
		labels[d.Name] = d.Value
	}
	for k, v := range map[string]string{"alarm": s.Name, "region": s.Region, "account": s.Account, "namespace": s.Trigger.Namespace, "metric": s.Trigger.Metric} {
		if v != "" {
			labels[k] = v
		}
	}
	return labels
}
