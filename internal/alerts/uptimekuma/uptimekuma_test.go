package uptimekuma_test

import (
	"testing"

	"github.com/outcry/outcry/internal/alerts/alertstest"
	"github.com/outcry/outcry/internal/alerts/uptimekuma"
)

func cases() []alertstest.Case {
	return []alertstest.Case{
		{Says: "down", Body: `{"heartbeat":{"monitorID":3,"status":0,"time":"2024-05-16 21:39:00.000","msg":"timeout","important":true,"duration":60},"monitor":{"id":3,"name":"Shop","url":"https://shop.example","type":"http","tags":[{"name":"service","value":"shop","color":"#fff"}]},"msg":"[Shop] [Down] timeout"}`, Want: `firing monitor-3: Shop {monitor=Shop,monitor_id=3,service=shop,type=http,url=https://shop.example}`},
		{Says: "up", Body: `{"heartbeat":{"status":1},"monitor":{"id":3,"name":"Shop"},"msg":"x"}`, Want: `resolved monitor-3: Shop {monitor=Shop,monitor_id=3,type=,url=}`},
		{Says: "maintenance is neither", Body: `{"heartbeat":{"status":3},"monitor":{"id":3,"name":"Shop"},"msg":"x"}`, Want: `nothing`},
		{Says: "the test button", Body: `{"heartbeat":null,"monitor":null,"msg":"Testing"}`, Want: `nothing`},
		{Says: "a beat without a status", Body: `{"heartbeat":{},"monitor":{"id":3},"msg":"x"}`, Want: `!monitor.id`},
		{Says: "nothing of it", Body: `{}`, Want: `!monitor`},
		{Says: "no JSON", Body: `x`, Want: `!`},
	}
}

func TestRead(t *testing.T) { alertstest.Run(t, uptimekuma.New(), cases()) }

func FuzzRead(f *testing.F) { alertstest.Fuzz(f, uptimekuma.New(), cases()) }
