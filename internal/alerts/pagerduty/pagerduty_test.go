package pagerduty_test

import (
	"testing"

	"github.com/outcry/outcry/internal/alerts/alertstest"
	"github.com/outcry/outcry/internal/alerts/pagerduty"
)

func cases() []alertstest.Case {
	return []alertstest.Case{
		{Says: "trigger", Body: `{"routing_key":"R","event_action":"trigger","dedup_key":"k1","client":"sensu","payload":{"summary":"Disk is full","source":"web-1","severity":"critical","component":"disk","group":"prod","class":"capacity","timestamp":"2024-05-16T21:39:00.000+0000","custom_details":{"load":7.5,"team":"a","deep":{"x":1}}}}`, Want: `firing k1: Disk is full {class=capacity,client=sensu,component=disk,group=prod,load=7.5,severity=critical,source=web-1,team=a}`},
		{Says: "details that are a text, and no labels", Body: `{"event_action":"trigger","dedup_key":"k1","payload":{"summary":"Disk is full","source":"web-1","severity":"error","custom_details":"97% of /var"}}`, Want: `firing k1: Disk is full {severity=error,source=web-1}`},
		{Says: "a large number among the details", Body: `{"event_action":"trigger","dedup_key":"k1","payload":{"summary":"s","source":"a","severity":"info","custom_details":{"check":12345678}}}`, Want: `firing k1: s {check=12345678,severity=info,source=a}`},
		{Says: "resolve", Body: `{"routing_key":"R","event_action":"resolve","dedup_key":"k1"}`, Want: `resolved k1:  {}`},
		{Says: "acknowledge changes nothing", Body: `{"routing_key":"R","event_action":"acknowledge","dedup_key":"k1"}`, Want: `nothing`},
		{Says: "resolve without a key", Body: `{"event_action":"resolve"}`, Want: `!dedup_key`},
		{Says: "another action", Body: `{"event_action":"explode","dedup_key":"k"}`, Want: `!event_action`},
		{Says: "no JSON", Body: `x`, Want: `!`},
	}
}

func TestRead(t *testing.T) { alertstest.Run(t, pagerduty.New(), cases()) }

func FuzzRead(f *testing.F) { alertstest.Fuzz(f, pagerduty.New(), cases()) }
