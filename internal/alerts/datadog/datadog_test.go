package datadog_test

import (
	"testing"

	"github.com/outcry/outcry/internal/alerts/alertstest"
	"github.com/outcry/outcry/internal/alerts/datadog"
)

func cases() []alertstest.Case {
	return []alertstest.Case{
		{Says: "triggered", Body: `{"id":"12","key":"ak","transition":"Triggered","scope":"host:web-1","title":"CPU","tags":"env:prod,service:shop,urgent","priority":"P2"}`, Want: `firing 12/host:web-1: CPU {env=prod,host=web-1,priority=P2,service=shop}`},
		{Says: "recovered", Body: `{"id":"12","key":"ak","transition":"Recovered","scope":"host:web-1","title":"CPU","tags":"env:prod,service:shop,urgent","priority":"P2"}`, Want: `resolved 12/host:web-1: CPU {env=prod,host=web-1,priority=P2,service=shop}`},
		{Says: "no data is neither", Body: `{"id":"12","key":"ak","transition":"No Data","scope":"host:web-1","title":"CPU","tags":"env:prod,service:shop,urgent","priority":"P2"}`, Want: `nothing`},
		{Says: "by the title and the aggregation key", Body: `{"id":"","key":"ak","transition":"","scope":"host:web-1","title":"[Re-Triggered on {host:web-1}] CPU","tags":"env:prod,service:shop,urgent","priority":"P2"}`, Want: `firing ak: [Re-Triggered on {host:web-1}] CPU {env=prod,host=web-1,priority=P2,service=shop}`},
		{Says: "the payload that Datadog proposes, whose id is the event's, by its title", Body: `{"body":"x","event_type":"query_alert_monitor","title":"[Triggered on {host:web-1}] CPU is high","org":{"id":"1","name":"o"},"id":"7771"}`, Want: `firing {host:web-1} CPU is high: [Triggered on {host:web-1}] CPU is high {}`},
		{Says: "its recovery, which is another event", Body: `{"body":"x","event_type":"query_alert_monitor","title":"[Recovered on {host:web-1}] CPU is high","org":{"id":"1","name":"o"},"id":"7772"}`, Want: `resolved {host:web-1} CPU is high: [Recovered on {host:web-1}] CPU is high {}`},
		{Says: "the same of a monitor without scopes", Body: `{"title":"[Recovered] CPU is high","id":"7772"}`, Want: `resolved CPU is high: [Recovered] CPU is high {}`},
		{Says: "the payload that Datadog proposes cannot be told", Body: `{"body":"x","event_type":"query_alert_monitor","title":"CPU"}`, Want: `!transition`},
		{Says: "no JSON", Body: `x`, Want: `!`},
	}
}

func TestRead(t *testing.T) { alertstest.Run(t, datadog.New(), cases()) }

func FuzzRead(f *testing.F) { alertstest.Fuzz(f, datadog.New(), cases()) }
