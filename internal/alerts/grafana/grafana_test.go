package grafana_test

import (
	"testing"

	"github.com/outcry/outcry/internal/alerts/alertstest"
	"github.com/outcry/outcry/internal/alerts/grafana"
)

func cases() []alertstest.Case {
	return []alertstest.Case{
		{Says: "unified alerting", Body: `{"receiver":"outcry","status":"firing","orgId":1,"version":"1","alerts":[{"status":"firing","labels":{"alertname":"Errors","service":"shop"},"startsAt":"2024-05-16T21:39:00Z","endsAt":"0001-01-01T00:00:00Z","values":{"B":22},"fingerprint":"c6eadffa33fcdf37","silenceURL":"x"},{"status":"resolved","labels":{"alertname":"Errors","service":"mail"},"endsAt":"2024-05-16T21:40:00Z","fingerprint":"aa"}],"title":"x","state":"alerting","message":"x"}`, Want: `firing c6eadffa33fcdf37: Errors {alertname=Errors,service=shop}
resolved aa: Errors {alertname=Errors,service=mail}`},
		{Says: "a data source that fails says nothing of the service", Body: `{"alerts":[{"status":"firing","labels":{"alertname":"DatasourceError"},"fingerprint":"a"}]}`, Want: `nothing`},
		{Says: "the alerting before it", Body: `{"title":"[Alerting] CPU","ruleId":7,"ruleName":"CPU","state":"alerting","tags":{"team":"a"},"evalMatches":[]}`, Want: `firing rule-7-CPU: CPU {alertname=CPU,team=a}`},
		{Says: "and its recovery", Body: `{"ruleId":7,"ruleName":"CPU","state":"ok"}`, Want: `resolved rule-7-CPU: CPU {alertname=CPU}`},
		{Says: "no data is neither", Body: `{"ruleId":7,"ruleName":"CPU","state":"no_data"}`, Want: `nothing`},
		{Says: "another state", Body: `{"ruleId":7,"state":"odd"}`, Want: `!state`},
		{Says: "of another sender", Body: `{"a":1}`, Want: `!alerts`},
		{Says: "a status that is none", Body: `{"alerts":[{"status":"x"}]}`, Want: `!status`},
		{Says: "no JSON", Body: ``, Want: `!`},
	}
}

func TestRead(t *testing.T) { alertstest.Run(t, grafana.New(), cases()) }

func FuzzRead(f *testing.F) { alertstest.Fuzz(f, grafana.New(), cases()) }
