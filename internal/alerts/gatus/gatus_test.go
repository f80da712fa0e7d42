package gatus_test

import (
	"testing"

	"github.com/outcry/outcry/internal/alerts/alertstest"
	"github.com/outcry/outcry/internal/alerts/gatus"
)

func cases() []alertstest.Case {
	return []alertstest.Case{
		{Says: "triggered", Body: `{"endpoint":"front-end","group":"core","url":"https://x.example","status":"TRIGGERED","description":"slow"}`, Want: `firing core/front-end: front-end {description=slow,endpoint=front-end,group=core,url=https://x.example}`},
		{Says: "resolved", Body: `{"endpoint":"front-end","group":"core","status":"RESOLVED"}`, Want: `resolved core/front-end: front-end {description=,endpoint=front-end,group=core,url=}`},
		{Says: "a placeholder that was not filled in", Body: `{"endpoint":"a","status":"[ALERT_TRIGGERED_OR_RESOLVED]"}`, Want: `!status`},
		{Says: "no endpoint", Body: `{"status":"RESOLVED"}`, Want: `!endpoint`},
		{Says: "no JSON", Body: `x`, Want: `!`},
	}
}

func TestRead(t *testing.T) { alertstest.Run(t, gatus.New(), cases()) }

func FuzzRead(f *testing.F) { alertstest.Fuzz(f, gatus.New(), cases()) }
