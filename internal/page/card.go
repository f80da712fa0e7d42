package page

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strings"
	"sync"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The preview card's plane, in pixels: what Open Graph asks for.
const (
	cardWidth  = 1200
	cardHeight = 630
	cardMargin = 72
	cardChart  = 190 // height of the chart at its foot
)

// fonts are the card's two faces. They have Latin, Greek and Cyrillic letters:
// in other scripts a card speaks English.
type fonts struct{ regular, bold *sfnt.Font }

func loadFonts() (*fonts, error) {
	r, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("read the embedded font: %w", err)
	}
	b, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, fmt.Errorf("read the embedded bold font: %w", err)
	}
	return &fonts{r, b}, nil
}

// has reports whether the font has all the letters of a text.
func (f *fonts) has(text string) bool {
	var buf sfnt.Buffer
	for _, r := range text {
		if g, err := f.bold.GlyphIndex(&buf, r); err != nil || g == 0 {
			return false
		}
	}
	return true
}

// cards remembers the parsed fonts.
type cards struct{ fonts func() (*fonts, error) }

func newCards() cards { return cards{sync.OnceValues(loadFonts)} }

// Card draws the preview picture of a service's page, as PNG. ok is false when
// strangers know no such service.
func (r *Renderer) Card(w World, service string) (body []byte, ok bool, err error) {
	f, err := r.cards.fonts()
	if err != nil {
		return nil, false, err
	}
	b := newBuilder(r.opt, w.only(service), r.tongues[0])
	s := b.byID[service]
	if s == nil {
		return nil, false, nil
	}
	h := b.answer(s)
	if !f.has(h.Sentence + strings.Join(h.More, "")) {
		b = newBuilder(r.opt, w.only(service), r.english())
		s = b.byID[service]
		h = b.answer(s)
	}
	c := &canvas{Image: image.NewRGBA(image.Rect(0, 0, cardWidth, cardHeight)), fonts: f}
	if err := c.card(r.opt.Name, h, s, b.t(h.Status.Word())); err != nil {
		return nil, true, err
	}
	var out bytes.Buffer
	if err := png.Encode(&out, c.Image); err != nil {
		return nil, true, fmt.Errorf("encode the card of %s: %w", service, err)
	}
	return out.Bytes(), true, nil
}

// NewCard makes a drawn picture a document; compressing it again does not pay.
func NewCard(path, version string, now time.Time, body []byte) *Document {
	return &Document{Path: path, Version: version, ContentType: "image/png", ModTime: now.UTC().Truncate(time.Second), Body: body}
}

// canvas is a picture that is being drawn.
type canvas struct {
	Image *image.RGBA
	fonts *fonts
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255} //nolint:gosec // three bytes of a colour
}

// cardColours are the ink and the ground of a state, as on the pages.
func cardColours(s Status) (ink, ground color.RGBA) {
	switch s {
	case Outage:
		return rgb(0xae1630), rgb(0xfce6e6)
	case Degraded:
		return rgb(0x9c4100), rgb(0xfdebdc)
	case Unconfirmed:
		return rgb(0x835600), rgb(0xfbf0d5)
	case Recovering:
		return rgb(0x1d5aa6), rgb(0xe5eefa)
	case Maintained:
		return rgb(0x4a4496), rgb(0xecebf7)
	case Operational:
		return rgb(0x17694a), rgb(0xe5f2ea)
	default:
		return rgb(0x565b66), rgb(0xecebe8)
	}
}

func (c *canvas) card(site string, h Hero, s *standing, word string) error {
	ink, ground := cardColours(h.Status)
	c.fill(c.Image.Bounds(), ground)
	c.fill(image.Rect(0, 0, 18, cardHeight), ink)
	y, err := c.write(word, cardMargin, 92, 34, c.fonts.bold, ink, 1)
	if err != nil {
		return err
	}
	if y, err = c.write(h.Sentence, cardMargin, y+84, 76, c.fonts.bold, rgb(0x1c1e24), 2); err != nil {
		return err
	}
	for _, m := range h.More[:min(len(h.More), 2)] {
		if y, err = c.write(m, cardMargin, y+46, 31, c.fonts.regular, rgb(0x1c1e24), 1); err != nil {
			return err
		}
	}
	c.chart(s.Series, ink)
	_, err = c.write(site, cardMargin, cardHeight-24, 26, c.fonts.regular, rgb(0x4a4f59), 1)
	return err
}

func (c *canvas) fill(r image.Rectangle, with color.Color) {
	draw.Draw(c.Image, r, image.NewUniform(with), image.Point{}, draw.Src)
}

// chart draws the day's reports, and what is usual as a line, over the card's
// foot.
func (c *canvas) chart(series []Bin, ink color.Color) {
	if len(series) == 0 {
		return
	}
	top := ceiling(series)
	foot, width := cardHeight-70, cardWidth-2*cardMargin
	y := func(v float64) int { return foot - int(math.Round(v/top*cardChart)) }
	for i, bin := range series {
		x0, x1 := cardMargin+i*width/len(series), cardMargin+(i+1)*width/len(series)
		c.fill(image.Rect(x0, y(float64(bin.Reports)), x1, foot), ink)
		if bin.Usual >= 0 && i%3 != 2 { // dashed
			c.fill(image.Rect(x0, y(bin.Usual)-2, x1, y(bin.Usual)+1), rgb(0x1c1e24))
		}
	}
	c.fill(image.Rect(cardMargin, foot, cardWidth-cardMargin, foot+2), rgb(0x4a4f59))
}

// write sets a text from the baseline y on, in at most so many lines, and gives
// the last baseline.
func (c *canvas) write(text string, x, y, size int, f *sfnt.Font, ink color.Color, lines int) (int, error) {
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return y, fmt.Errorf("size the embedded font: %w", err)
	}
	d := font.Drawer{Dst: c.Image, Src: image.NewUniform(ink), Face: face}
	for i, l := range wrapped(&d, text, cardWidth-cardMargin-x, lines) {
		if i > 0 {
			y += size * 11 / 10
		}
		d.Dot = fixed.P(x, y)
		d.DrawString(l)
	}
	return y, nil
}

// wrapped breaks a text at its spaces; what does not fit into the last line
// ends in an ellipsis.
func wrapped(d *font.Drawer, text string, width, lines int) []string {
	fits := func(s string) bool { return d.MeasureString(s).Ceil() <= width }
	var out []string
	line := ""
	words := strings.Fields(text)
	for i, w := range words {
		next := strings.TrimSpace(line + " " + w)
		switch {
		case fits(next):
			line = next
		case len(out) == lines-1:
			for line = strings.Join(append([]string{line}, words[i:]...), " "); line != "" && !fits(line+"…"); {
				r := []rune(line)
				line = string(r[:len(r)-1])
			}
			return append(out, strings.TrimSpace(line)+"…")
		default:
			out, line = append(out, line), w
		}
	}
	return append(out, line)
}
