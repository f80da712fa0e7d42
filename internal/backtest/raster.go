package backtest

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/outcry/outcry"
)

// raster draws PNG.
type raster struct{ img *image.RGBA }

func newRaster(w, h int) *raster { return &raster{image.NewRGBA(image.Rect(0, 0, w, h))} }

func (c colour) rgba() color.RGBA {
	return color.RGBA{R: uint8(c >> 16), G: uint8(c >> 8 & 0xff), B: uint8(c & 0xff), A: 0xff} //nolint:gosec // masked
}

func (r *raster) rect(x, y, w, h float64, c colour) {
	px := func(v float64) int { return int(math.Round(v)) }
	at := image.Rect(px(x), px(y), max(px(x+w), px(x)+1), max(px(y+h), px(y)+1))
	draw.Draw(r.img, at, image.NewUniform(c.rgba()), image.Point{}, draw.Src)
}

// line joins points whose distance is a pixel or so in x.
func (r *raster) line(xs, ys []float64, c colour) {
	for i := 1; i < len(xs); i++ {
		n := int(math.Ceil(max(math.Abs(xs[i]-xs[i-1]), math.Abs(ys[i]-ys[i-1]), 1)))
		for k := range n + 1 {
			f := float64(k) / float64(n)
			r.img.SetRGBA(int(math.Round(xs[i-1]+f*(xs[i]-xs[i-1]))), int(math.Round(ys[i-1]+f*(ys[i]-ys[i-1]))), c.rgba())
		}
	}
}

func (r *raster) text(x, y float64, s string, end bool) {
	d := font.Drawer{Dst: r.img, Src: image.NewUniform(ink.rgba()), Face: basicfont.Face7x13}
	d.Dot = fixed.P(int(x), int(y))
	if end {
		d.Dot.X -= d.MeasureString(s)
	}
	d.DrawString(s)
}

func (r *raster) bytes() ([]byte, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, r.img); err != nil {
		return nil, outcry.Wrap(outcry.CodeInternal, err, "write the picture")
	}
	return b.Bytes(), nil
}
