package webpush

import (
	"bytes"
	"crypto/ecdh"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/notify/webpush/pushtest"
)

func bin(t *testing.T, text string) []byte {
	t.Helper()
	b, err := b64.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The example of RFC 8291, section 5 and appendix A, byte for byte, and back.
func TestVectorOfRFC8291(t *testing.T) {
	own, err := ecdh.P256().NewPrivateKey(bin(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	if err != nil {
		t.Fatal(err)
	}
	to := &outcry.Subscriber{
		Key:  bin(t, "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
		Auth: bin(t, "BTBZMqHH6r4Tts7J_aSIgg"),
	}
	const text = "When I grow up, I want to be a watermelon"
	got, err := sealWith(to, []byte(text), own, bin(t, "DGv6ra1nlYgDCS1FRnbzlw"), 0)
	want := "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if err != nil || b64.EncodeToString(got) != want {
		t.Errorf("the message is %s, %v", b64.EncodeToString(got), err)
	}
	b, err := pushtest.BrowserOf(bin(t, "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), to.Auth)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := b.Open(bin(t, want)); err != nil || string(back) != text {
		t.Errorf("the browser reads %q, %v", back, err)
	}
}

// The examples of RFC 8188: that of section 3.1 is what we write, both are read
// by the browser that the other tests rely on.
func TestVectorsOfRFC8188(t *testing.T) {
	const walrus = "I am the walrus"
	one := "I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg"
	got, err := encode(bin(t, "yqdlZ-tYemfogSmv7Ws5PQ"), bin(t, "I1BsxtFttlv3u_Oo94xnmw"), nil, []byte(walrus), 0)
	if err != nil || b64.EncodeToString(got) != one {
		t.Errorf("section 3.1: %s, %v", b64.EncodeToString(got), err)
	}
	for _, c := range []struct{ says, ikm, body string }{
		{"one record, no key id (3.1)", "yqdlZ-tYemfogSmv7Ws5PQ", one},
		{"two records with padding, key id a1 (3.2)", "BO3ZVPxUlnLORbVGMpbT1Q", "uNCkWiNYzKTnBN9ji3-qWAAAABkCYTHOG8chz_gnvgOqdGYovxyjuqRyJFjEDyoF1Fvkj6hQPdPHI51OEUKEpgz3SsLWIqS_uA"},
	} {
		if text, err := pushtest.Decode(bin(t, c.ikm), bin(t, c.body)); err != nil || string(text) != walrus {
			t.Errorf("%s: %q, %v", c.says, text, err)
		}
	}
}

// Whatever is sealed is read by its browser, by no other, and by none when a bit
// of it has changed; its length tells the thousand, not the byte.
func TestSealedForOne(t *testing.T) {
	mine, other := pushtest.NewBrowser(), pushtest.NewBrowser()
	to := &outcry.Subscriber{Key: mine.Key, Auth: mine.Auth}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.Byte(), 0, maxText).Draw(t, "text")
		body, err := seal(to, text)
		if err != nil {
			t.Fatal(err)
		}
		if len(body) > recordSize || (len(body)-saltBytes-5-pointBytes-tagBytes)%block != 0 && len(body) != recordSize {
			t.Errorf("%d bytes are sealed into %d", len(text), len(body))
		}
		if back, err := mine.Open(body); err != nil || !bytes.Equal(back, text) {
			t.Fatalf("read back: %v", err)
		}
		if _, err := other.Open(body); err == nil {
			t.Error("another browser reads it")
		}
		at := rapid.IntRange(0, len(body)-1).Filter(func(i int) bool { return i < 16 || i >= 20 }).Draw(t, "at") // the record size is not sealed
		body[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if back, err := mine.Open(body); err == nil {
			t.Errorf("a message changed at %d is read as %q", at, back)
		}
	})
	if _, err := seal(to, bytes.Repeat([]byte("x"), maxText+1)); err == nil || !strings.Contains(err.Error(), "one record") {
		t.Errorf("a text that is too long: %v", err)
	}
	if _, err := seal(&outcry.Subscriber{Key: make([]byte, 65), Auth: mine.Auth}, nil); err == nil {
		t.Error("a key that is no point is sealed for")
	}
}
