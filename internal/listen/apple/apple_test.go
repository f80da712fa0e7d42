package apple_test

import (
	"testing"

	"github.com/outcry/outcry/internal/listen/apple"
	"github.com/outcry/outcry/internal/listen/listentest"
)

func cases() []listentest.Case {
	return []listentest.Case{
		listentest.Page("all is well", `{"drpost":true,"services":[{"redirectUrl":null,"events":[],"serviceName":"App Store"},{"redirectUrl":"https://x.example/","events":[],"serviceName":"iMessage "},{"events":[],"serviceName":"FaceTime"}]}`, `good *: available
good App Store: available
good iMessage: available
good FaceTime: available`),
		listentest.Page("the same within its call", `jsonCallback({"drpost":true,"services":[{"redirectUrl":null,"events":[],"serviceName":"App Store"},{"redirectUrl":"https://x.example/","events":[],"serviceName":"iMessage "},{"events":[],"serviceName":"FaceTime"}]});`, `good *: available
good App Store: available
good iMessage: available
good FaceTime: available`),
		listentest.Page("an ongoing issue counts; resolved, upcoming and maintenance do not", `{"drMessage":null,"drpost":true,"services":[
 {"serviceName":"iMessage","events":[{"messageId":"2000000123","statusType":"Issue","eventStatus":"ongoing","message":"Users may be unable to use this service.","usersAffected":"Some users were affected","datePosted":"05/16/2024 15:30 PDT","startDate":"05/16/2024 14:39 PDT","epochStartDate":1715895540000,"affectedServices":null}]},
 {"serviceName":"FaceTime","events":[{"messageId":"1","statusType":"Outage","eventStatus":"resolved","startDate":"05/15/2024 10:00 PDT","endDate":"05/15/2024 11:00 PDT","epochStartDate":1715792400000,"epochEndDate":1715796000000},{"messageId":"2","statusType":"Maintenance","eventStatus":"ongoing"}]},
 {"serviceName":"HomeKit","events":[{"statusType":"Maintenance","eventStatus":"upcoming"},{"statusType":"Outage","eventStatus":"completed"}]}]}`, `bad *: Issue
bad iMessage: Issue
unknown FaceTime: maintenance
good HomeKit: available`),
		listentest.Page("no services", `{"services":[]}`, ``),
		listentest.Page("none with a name", `{"services":[{"serviceName":" ","events":[]}]}`, ``),
		listentest.Page("cut off", `{"drMessage":null,"drpost":true,"services":[
 {"serviceName":"iMessage","events":[{"messageId":"2000000123","statusType":"Issue","eventStatus":"ongoing","message":"Users may be unable to use this service.","usersAffected":"Some users were affected","datePosted":"05/16/2024 15:30 PDT","startDate":"05`, ``),
		listentest.Page("the call is cut off", `jsonCallback({"drpost":true,"services":[{"redirectUrl":null,"events":[],"serviceName":"App Store"},{"re`, ``),
		listentest.Page("a page for people", `<!DOCTYPE html><html><body>Sorry, we will be right back</body></html>`, ``),
		listentest.Page("nothing", ``, ``),
		listentest.Page("another document", `{"status":"ok"}`, ``),
	}
}

func TestRead(t *testing.T) { listentest.Run(t, apple.Format(), cases()) }

func FuzzRead(f *testing.F) { listentest.Fuzz(f, apple.Format(), cases()) }
