package aws_test

import (
	"encoding/binary"
	"testing"
	"unicode/utf16"

	"github.com/outcry/outcry/internal/listen/aws"
	"github.com/outcry/outcry/internal/listen/listentest"
)

func cases() []listentest.Case {
	return []listentest.Case{
		listentest.Page("nothing goes on", `[]`, `good *: no-events`),
		listentest.Page("a disruption, as a list", `[{"arn":"arn:aws:health:us-east-1::event/x","service":"s3-us-east-1","service_name":"Amazon Simple Storage Service","region_name":"N. Virginia","status":"3","summary":"Increased error rates","date":"1715895540","event_log":[{"status":1,"message":"We look into it","timestamp":1715895540}],"impacted_services":{"ec2-us-east-1":{"service_name":"Amazon EC2","current":"1","max":"3"}}}]`, `bad *: status-3
bad s3-us-east-1: status-3
bad Amazon Simple Storage Service: status-3
bad N. Virginia / Amazon Simple Storage Service: status-3
bad N. Virginia: status-3
bad ec2-us-east-1: status-1
bad N. Virginia / Amazon EC2: status-1`),
		listentest.Page("the same as a map of lists", `{"s3":[{"arn":"arn:aws:health:us-east-1::event/x","service":"s3-us-east-1","service_name":"Amazon Simple Storage Service","region_name":"N. Virginia","status":"3","summary":"Increased error rates","date":"1715895540","event_log":[{"status":1,"message":"We look into it","timestamp":1715895540}],"impacted_services":{"ec2-us-east-1":{"service_name":"Amazon EC2","current":"1","max":"3"}}}]}`, `bad *: status-3
bad s3-us-east-1: status-3
bad Amazon Simple Storage Service: status-3
bad N. Virginia / Amazon Simple Storage Service: status-3
bad N. Virginia: status-3
bad ec2-us-east-1: status-1
bad N. Virginia / Amazon EC2: status-1`),
		listentest.Page("the same as a map of events, with the status as a number", `{"s3":{"arn":"arn:aws:health:us-east-1::event/x","service":"s3-us-east-1","service_name":"Amazon Simple Storage Service","region_name":"N. Virginia","status":3,"summary":"Increased error rates","date":"1715895540","event_log":[{"status":1,"message":"We look into it","timestamp":1715895540}],"impacted_services":{"ec2-us-east-1":{"service_name":"Amazon EC2","current":"1","max":"3"}}}}`, `bad *: status-3
bad s3-us-east-1: status-3
bad Amazon Simple Storage Service: status-3
bad N. Virginia / Amazon Simple Storage Service: status-3
bad N. Virginia: status-3
bad ec2-us-east-1: status-1
bad N. Virginia / Amazon EC2: status-1`),
		listentest.Page("it is over", `[{"arn":"arn:aws:health:us-east-1::event/x","service":"s3-us-east-1","service_name":"Amazon Simple Storage Service","region_name":"N. Virginia","status":"0","summary":"Increased error rates","date":"1715895540","event_log":[{"status":1,"message":"We look into it","timestamp":1715895540}],"impacted_services":{"ec2-us-east-1":{"service_name":"Amazon EC2","current":"0","max":"3"}}}]`, `good *: no-events
good s3-us-east-1: status-0
good Amazon Simple Storage Service: status-0
good N. Virginia / Amazon Simple Storage Service: status-0
good N. Virginia: status-0
good ec2-us-east-1: status-0
good N. Virginia / Amazon EC2: status-0`),
		listentest.Page("a page for people", `<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`, ``),
		listentest.Page("an event about nothing", `[{"status":"1"}]`, ``),
		listentest.Page("a map of other things", `{"a":"b"}`, ``),
	}
}

// wide writes a text in UTF-16 with its byte-order mark.
func wide(text string, order binary.AppendByteOrder) string {
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func TestRead(t *testing.T) {
	all := cases()
	for _, c := range cases() {
		all = append(all, listentest.Page(c.Says+", in UTF-16BE", wide(c.Bodies[0], binary.BigEndian), c.Want),
			listentest.Page(c.Says+", in UTF-16LE", wide(c.Bodies[0], binary.LittleEndian), c.Want))
	}
	all = append(all, listentest.Page("UTF-16 that is cut off within a character", wide("[]", binary.BigEndian)[:5], ""))
	listentest.Run(t, aws.Format(), all)
}

func FuzzRead(f *testing.F) {
	listentest.Fuzz(f, aws.Format(), append(cases(), listentest.Page("", wide("[]", binary.BigEndian), "")))
}
