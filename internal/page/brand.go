package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strconv"
	"time"

	"golang.org/x/image/vector"
)

// Logo is the operator's mark, in place of the house's. Files are SVG or PNG.
type Logo struct {
	Light, Dark []byte // by the theme; Dark nil: Light in both. Light nil: no logo
	// Alt is what the logo says, where it says the name of the page; empty: the
	// name stands beside it.
	Alt string
}

// Bounds of a logo: it is part of every first view.
const (
	MaxLogo     = 48 << 10 // bytes
	maxLogoSide = 4096     // pixels
	logoHeight  = 32       // pixels, of the place that is kept for it
)

// Asset is a file beside the pages that only changes with the options.
type Asset struct {
	*Document
	Policy  string // what the file may do when somebody opens it by itself
	ForEver bool   // its path holds its hash
}

// stillPolicy is for drawings: they style themselves, and that is all.
const stillPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"

// logoView is a logo as the pages show it.
type logoView struct {
	Light, Dark   string // paths
	Alt           string
	Width, Height int
}

// CheckLogo tells what is wrong with a logo's file.
func CheckLogo(file []byte) error {
	_, err := newPicture(file)
	return err
}

// picture is a logo's file, made harmless.
type picture struct {
	body   []byte
	suffix string
	kind   string
	ratio  float64 // width by height
}

func newPicture(file []byte) (picture, error) {
	if len(file) > MaxLogo {
		return picture{}, fmt.Errorf("has %d bytes, at most %d: it is part of every first view", len(file), MaxLogo)
	}
	if bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")) {
		c, err := png.DecodeConfig(bytes.NewReader(file))
		if err != nil {
			return picture{}, fmt.Errorf("is no PNG that can be read: %w", err)
		}
		if c.Width > maxLogoSide || c.Height > maxLogoSide || c.Width < 1 || c.Height < 1 {
			return picture{}, fmt.Errorf("is %d by %d pixels, at most %d each", c.Width, c.Height, maxLogoSide)
		}
		return picture{file, ".png", "image/png", float64(c.Width) / float64(c.Height)}, nil
	}
	body, width, height, err := cleanSVG(file)
	if err != nil {
		return picture{}, fmt.Errorf("is neither PNG nor SVG: %w", err)
	}
	return picture{body, ".svg", string(typeSVG), width / height}, nil
}

// document gives a picture's file a path of its own.
func (p picture) document() (*Document, error) {
	sum := sha256.Sum256(p.body)
	version := base64.RawURLEncoding.EncodeToString(sum[:9])
	return NewDocument("/assets/logo-"+version+p.suffix, version, p.kind, time.Unix(0, 0), p.body)
}

// loadBrand makes the logo, the icons and the web app's manifest.
func (r *Renderer) loadBrand() error {
	if err := r.loadLogo(); err != nil {
		return err
	}
	colour := rgb(0xc8402f)
	if accent(r.opt.Accent) != "" {
		n, err := strconv.ParseUint(r.opt.Accent[1:], 16, 32)
		if err != nil {
			return fmt.Errorf("read the accent: %w", err)
		}
		colour = rgb(uint32(n)) //nolint:gosec // six digits
	}
	m := manifest{
		Name: r.opt.Name, Short: r.opt.Name, Start: "/", Scope: "/", Display: "minimal-ui", Lang: r.tongues[0].Code, Dir: r.tongues[0].Dir,
		Background: "#faf8f4", Theme: "#faf8f4",
	}
	for _, side := range []int{192, 512} {
		body, err := drawIcon(side, colour)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		version := base64.RawURLEncoding.EncodeToString(sum[:9])
		size := strconv.Itoa(side)
		doc := NewCard("/assets/icon-"+size+"-"+version+".png", version, time.Unix(0, 0), body)
		r.brand = append(r.brand, Asset{Document: doc, ForEver: true})
		m.Icons = append(m.Icons, manifestIcon{doc.Path, size + "x" + size, "image/png", "any maskable"})
		if r.icon == "" {
			r.icon = doc.Path
		}
	}
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write the web app's manifest: %w", err)
	}
	sum := sha256.Sum256(body)
	doc, err := NewDocument("/manifest.webmanifest", base64.RawURLEncoding.EncodeToString(sum[:9]), "application/manifest+json", time.Unix(0, 0), body)
	r.brand = append(r.brand, Asset{Document: doc})
	return err
}

func (r *Renderer) loadLogo() error {
	l := r.opt.Logo
	if l.Light == nil {
		if l.Dark != nil {
			return errors.New("a logo for the dark theme alone: the light one is missing")
		}
		return nil
	}
	v := &logoView{Alt: clean(l.Alt, maxName), Height: logoHeight}
	for _, at := range []struct {
		file []byte
		path *string
	}{{l.Light, &v.Light}, {l.Dark, &v.Dark}} {
		if at.file == nil {
			continue
		}
		p, err := newPicture(at.file)
		if err != nil {
			return fmt.Errorf("the logo of %s %w", r.opt.Name, err)
		}
		doc, err := p.document()
		if err != nil {
			return err
		}
		*at.path = doc.Path
		if v.Width == 0 {
			v.Width = max(1, int(math.Round(p.ratio*logoHeight)))
		}
		r.brand = append(r.brand, Asset{Document: doc, Policy: stillPolicy, ForEver: true})
	}
	r.logo = v
	return nil
}

// Locked reports whether the site is not for strangers, nor for caches.
func (r *Renderer) Locked() bool { return r.opt.Private }

// Brand are the logo, the icons and the web app's manifest.
func (r *Renderer) Brand() []Asset { return r.brand }

// manifest is a Web App Manifest (https://www.w3.org/TR/appmanifest/).
type manifest struct {
	Name       string         `json:"name"`
	Short      string         `json:"short_name"`
	Start      string         `json:"start_url"`
	Scope      string         `json:"scope"`
	Display    string         `json:"display"`
	Lang       string         `json:"lang"`
	Dir        string         `json:"dir"`
	Background string         `json:"background_color"`
	Theme      string         `json:"theme_color"`
	Icons      []manifestIcon `json:"icons"`
}

type manifestIcon struct {
	Source  string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose"`
}

// drawIcon draws the house's mark, small enough in its ground that a launcher
// may cut a circle out of it (the inner four fifths are safe).
func drawIcon(side int, colour color.RGBA) ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.Draw(img, img.Bounds(), image.NewUniform(rgb(0xfaf8f4)), image.Point{}, draw.Src)
	scale := float32(side) / 24 * 0.6
	shift := float32(side) * 0.2
	at := func(x, y float64) (float32, float32) { return shift + float32(x)*scale, shift + float32(y)*scale }
	for _, shape := range [][][2]float64{{{3, 9}, {3, 15}, {7, 15}, {16, 20}, {16, 4}, {7, 9}}, wave()} {
		z := vector.NewRasterizer(side, side)
		z.MoveTo(at(shape[0][0], shape[0][1]))
		for _, p := range shape[1:] {
			z.LineTo(at(p[0], p[1]))
		}
		z.ClosePath()
		z.Draw(img, img.Bounds(), image.NewUniform(colour), image.Point{})
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("draw the icon: %w", err)
	}
	return out.Bytes(), nil
}

// wave is the outline of the mark's sound wave, the curve M19 8q3 4 0 8 with a
// stroke two wide.
func wave() [][2]float64 {
	const steps = 24
	var right, left [][2]float64
	for i := range steps + 1 {
		t := float64(i) / steps
		x, y := 19+6*t*(1-t), 8+8*t
		dx, dy := 6*(1-2*t), 8.0
		n := math.Hypot(dx, dy)
		right = append(right, [2]float64{x + dy/n, y - dx/n})
		left = append(left, [2]float64{x - dy/n, y + dx/n})
	}
	for i := range left {
		right = append(right, left[len(left)-1-i])
	}
	return right
}
