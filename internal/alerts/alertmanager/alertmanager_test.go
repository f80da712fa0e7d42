package alertmanager_test

import (
	"testing"

	"github.com/outcry/outcry/internal/alerts/alertmanager"
	"github.com/outcry/outcry/internal/alerts/alertstest"
)

func cases() []alertstest.Case {
	return []alertstest.Case{
		{Says: "each alert of a group by itself; one without a fingerprint by its labels", Body: `{"version":"4","groupKey":"{}:{alertname=\"HighErrors\"}","truncatedAlerts":0,"status":"firing","receiver":"outcry","groupLabels":{"alertname":"HighErrors"},"commonLabels":{"alertname":"HighErrors"},"commonAnnotations":{},"externalURL":"http://am:9093","alerts":[
{"status":"firing","labels":{"alertname":"HighErrors","job":"api"},"annotations":{"summary":"x"},"startsAt":"2024-05-16T21:39:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prom","fingerprint":"b6ac1d6e5f1c5b6e"},
{"status":"resolved","labels":{"alertname":"HighErrors","job":"web"},"startsAt":"2024-05-16T21:00:00Z","endsAt":"2024-05-16T21:30:00Z","fingerprint":"0f"},
{"status":"firing","labels":{"b":"2","a":"1"},"startsAt":"2024-05-16T21:39:00Z"}]}`, Want: `firing b6ac1d6e5f1c5b6e: HighErrors {alertname=HighErrors,job=api}
resolved 0f: HighErrors {alertname=HighErrors,job=web}
firing a=1,b=2:  {a=1,b=2}`},
		{Says: "a group of none", Body: `{"version":"4","alerts":[]}`, Want: `nothing`},
		{Says: "another version", Body: `{"version":"3","alerts":[]}`, Want: `!version`},
		{Says: "none", Body: `{"alerts":[]}`, Want: `!version`},
		{Says: "a state that is none", Body: `{"version":"4","alerts":[{"status":"suppressed","fingerprint":"a"}]}`, Want: `!status`},
		{Says: "labels of another type", Body: `{"version":"4","alerts":[{"status":"firing","labels":{"a":1}}]}`, Want: `!`},
		{Says: "no JSON", Body: `version=4`, Want: `!`},
	}
}

func TestRead(t *testing.T) { alertstest.Run(t, alertmanager.New(), cases()) }

func FuzzRead(f *testing.F) { alertstest.Fuzz(f, alertmanager.New(), cases()) }
