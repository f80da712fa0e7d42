package opsgenie_test

import (
	"testing"

	"github.com/outcry/outcry/internal/alerts/alertstest"
	"github.com/outcry/outcry/internal/alerts/opsgenie"
)

func cases() []alertstest.Case {
	return []alertstest.Case{
		{Says: "the API: created", Path: "v2/alerts", Body: `{"message":"Disk is full","alias":"disk-1","tags":["prod","team:a"],"details":{"service":"shop"},"source":"am","priority":"P1","entity":"web-1"}`, Want: `firing disk-1: Disk is full {entity=web-1,priority=P1,service=shop,source=am,team=a}`},
		{Says: "the API: without an alias", Path: "/v2/alerts", Body: `{"message":"Disk is full"}`, Want: `firing Disk is full: Disk is full {}`},
		{Says: "the API: closed", Path: "v2/alerts/disk-1/close", Body: `{"source":"am"}`, Want: `resolved disk-1: disk-1 {}`},
		{Says: "the API: closed, with a path in the alias", Path: "v2/alerts/a/b/close", Body: `{}`, Want: `resolved a/b: a/b {}`},
		{Says: "the API: closed, with a percent sign in the alias, which the server has unescaped", Path: "v2/alerts/cpu>90% of %41/close", Body: `{}`, Want: `resolved cpu>90% of %41: cpu>90% of %41 {}`},
		{Says: "the API: something else", Path: "v2/heartbeats", Body: `{}`, Want: `!`},
		{Says: "the API: closed, but which", Path: "v2/alerts//close", Body: `{}`, Want: `!alias`},
		{Says: "a webhook: created", Body: `{"source":{"name":"","type":"web"},"alert":{"tags":["team:a"],"alertId":"id1","alias":"disk-1","message":"Disk is full","priority":"P3"},"action":"Create","integrationName":"x"}`, Want: `firing disk-1: Disk is full {priority=P3,team=a}`},
		{Says: "a webhook: closed, known by its id", Body: `{"alert":{"alertId":"id1","message":"m"},"action":"Close"}`, Want: `resolved id1: m {}`},
		{Says: "a webhook: acknowledged", Body: `{"alert":{"alertId":"id1"},"action":"Acknowledge"}`, Want: `nothing`},
		{Says: "a webhook: without an action", Body: `{"alert":{"alertId":"id1"}}`, Want: `!action`},
		{Says: "no JSON", Body: `x`, Want: `!`},
	}
}

func TestRead(t *testing.T) { alertstest.Run(t, opsgenie.New(), cases()) }

func FuzzRead(f *testing.F) { alertstest.Fuzz(f, opsgenie.New(), cases()) }
