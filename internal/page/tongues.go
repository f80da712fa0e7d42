package page

import (
	"fmt"
	"html/template"
	"slices"
	"sync"
	"time"

	"golang.org/x/text/language"
)

// loadTongues reads the languages, the site's own first, and lays out how the
// templates are made to speak each: when it is first asked for.
func (r *Renderer) loadTongues() error {
	all, err := newTongues()
	if err != nil {
		return err
	}
	if r.opt.Language != "" {
		own := slices.IndexFunc(all, func(w *tongue) bool { return w.Code == r.opt.Language })
		if own < 0 {
			return fmt.Errorf("the pages do not speak %q", r.opt.Language)
		}
		w := all[own]
		all = slices.Insert(slices.Delete(all, own, own+1), 0, w)
	}
	r.tongues = all
	tags := make([]language.Tag, len(all))
	for i, w := range all {
		tags[i] = w.tag
		r.byTongue = append(r.byTongue, sync.OnceValues(func() (*template.Template, error) { return parse(w) }))
	}
	r.matcher = language.NewMatcher(tags)
	_, err = r.byTongue[0]()
	return err
}

// parse makes the templates speak one language.
func parse(w *tongue) (*template.Template, error) {
	t := template.New("")
	var err error
	t, err = t.Funcs(template.FuncMap{
		"t":    func(text string, args ...any) string { return w.t(text, args...) },
		"kept": func(name string, of []*fragment) (template.HTML, error) { return written(t, name, of) },
	}).ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the embedded templates: %w", err)
	}
	return t, nil
}

func (r *Renderer) english() *tongue {
	for _, w := range r.tongues {
		if w.Code == english {
			return w
		}
	}
	return r.tongues[0]
}

// Languages are those that the pages speak, by code, each by its own name.
func (r *Renderer) Languages() []choice {
	out := make([]choice, 0, len(r.tongues))
	for _, w := range r.tongues {
		out = append(out, choice{w.Code, w.Name})
	}
	slices.SortFunc(out, func(a, b choice) int {
		switch {
		case a.ID < b.ID:
			return -1
		case a.ID > b.ID:
			return 1
		}
		return 0
	})
	return out
}

// Named gives the index of the language with a code; ok is false when there is
// none, and whatever a stranger has written there must not come back.
func (r *Renderer) Named(code string) (lang int, ok bool) {
	i := slices.IndexFunc(r.tongues, func(w *tongue) bool { return w.Code == code })
	return max(i, 0), i >= 0
}

// Code of a language by its index.
func (r *Renderer) Code(lang int) string { return r.tongues[lang].Code }

// maxAccept bounds the Accept-Language header that is read.
const maxAccept = 256

// Preferred gives the index of the language that fits an Accept-Language header
// (RFC 9110, 12.5.4) best; 0, the site's own, when none does.
func (r *Renderer) Preferred(header string) int {
	if header == "" || len(header) > maxAccept {
		return 0
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 {
		return 0
	}
	_, i, confidence := r.matcher.Match(tags...)
	if confidence == language.No {
		return 0
	}
	return i
}

// accent is the style that makes the brand's colour the operator's. What is no
// colour is none: the value stands in a style sheet.
func accent(colour string) string {
	if len(colour) != 7 || colour[0] != '#' {
		return ""
	}
	for _, c := range colour[1:] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return ""
		}
	}
	return ":root{--brand:" + colour + "}\n@supports (color:light-dark(red,red)){:root{--brand:light-dark(" + colour + ",color-mix(in oklab," + colour + " 55%,#fff))}}\n"
}

// CopyNote says, in the site's own language, that a page is a copy and of when.
func (r *Renderer) CopyNote(at time.Time) string {
	w := r.tongues[0]
	moment := clock{tongue: w, now: notedTime{at: at.AddDate(1, 0, 0)}, loc: r.opt.Location}.moment(at).Words
	if r.opt.URL == "" {
		return w.t("This is a copy, made at %s.", moment)
	}
	return w.t("This is a copy of %[1]s, made at %[2]s.", r.opt.URL, moment)
}
