package otlp

import (
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"

	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/outcry/outcry"
)

const (
	maxBody = 4 << 20  // bytes as sent
	maxData = 16 << 20 // and unpacked
)

// The encodings of a request and its answer.
const (
	protobufType = "application/x-protobuf"
	jsonType     = "application/json"
)

// read gives a request's metrics and its encoding.
func read(r *http.Request) (*metrics.MetricsData, string, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != protobufType && kind != jsonType {
		return nil, "", outcry.Errorf(outcry.CodeUnsupported, "the Content-Type must be %s or %s", protobufType, jsonType)
	}
	body, err := unpacked(r)
	if err != nil {
		return nil, "", err
	}
	data, err := io.ReadAll(io.LimitReader(body, maxData+1))
	_, long := errors.AsType[*http.MaxBytesError](err)
	if err != nil && !long {
		return nil, "", outcry.Wrap(outcry.CodeInvalid, err, "the body could not be read")
	}
	if long || len(data) > maxData {
		return nil, "", outcry.Errorf(outcry.CodeTooLarge, "the body is over %d bytes, or %d as sent", maxData, maxBody)
	}
	d, err := parse(kind, data)
	return d, kind, err
}

func unpacked(r *http.Request) (io.Reader, error) {
	body := http.MaxBytesReader(nil, r.Body, maxBody)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return body, nil
	case "gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, outcry.Wrap(outcry.CodeInvalid, err, "the body is not gzip")
		}
		return z, nil
	default:
		return nil, outcry.Errorf(outcry.CodeUnsupported, "the Content-Encoding %.20q is not known, gzip is", encoding)
	}
}

// parse reads an ExportMetricsServiceRequest, which has the fields of
// MetricsData.
func parse(kind string, data []byte) (*metrics.MetricsData, error) {
	d := &metrics.MetricsData{}
	var err error
	if kind == jsonType {
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(data, d)
	} else {
		err = proto.Unmarshal(data, d)
	}
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeInvalid, err, "the body is no request of OTLP metrics")
	}
	return d, nil
}
