package peers_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/outcry/outcry/bench/detect/peers"
)

// bin is a row of golden.R: a count, and what surveillance says of it; NaN
// where it says nothing.
type bin struct{ x, c1, c2, c3, mu, phi, upper float64 }

func readGolden(t *testing.T, from io.Reader) []bin {
	t.Helper()
	r := csv.NewReader(from)
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []bin
	for _, row := range rows[1:] {
		v := make([]float64, len(row))
		for i, f := range row {
			v[i] = math.NaN()
			if f == "NA" {
				continue
			}
			if v[i], err = strconv.ParseFloat(f, 64); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, bin{v[0], v[1], v[2], v[3], v[4], v[5], v[6]})
	}
	return out
}

// The stored vectors of R's surveillance.
func TestAgreesWithSurveillance(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "golden.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	agree(t, readGolden(t, f))
}

// The same against surveillance itself, on counts that it has not seen, where R
// is installed (apt-get install r-cran-surveillance).
func TestAgreesWithSurveillanceLive(t *testing.T) {
	rscript, err := exec.LookPath("Rscript")
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("Rscript is not installed; the stored vectors are tested all the same")
	}
	var counts bytes.Buffer
	x := 12345
	for i := range 330 {
		x = (x*1103515245 + 12345) % (1 << 31)
		n := x % 17
		if i%41 == 0 {
			n *= 5
		}
		counts.WriteString(strconv.Itoa(n) + "\n")
	}
	path := filepath.Join(t.TempDir(), "counts.csv")
	if err := os.WriteFile(path, counts.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(rscript, filepath.Join("testdata", "golden.R"), path).Output()
	if err != nil {
		t.Skipf("surveillance does not run here: %v", err)
	}
	agree(t, readGolden(t, bytes.NewReader(out)))
}

func agree(t *testing.T, bins []bin) {
	t.Helper()
	agreeEARS(t, bins, "C1", &peers.EARS{Variant: 1, MinSigma: 1}, func(b bin) float64 { return b.c1 })
	agreeEARS(t, bins, "C2", &peers.EARS{Variant: 2, MinSigma: 1}, func(b bin) float64 { return b.c2 })
	agreeC3(t, bins)
	far := peers.NewFarrington(52, 4, 3)
	const z = 2.3263478740408408 // the 0.99 quantile
	seen := 0
	for i, b := range bins {
		f, ok := far.Fit()
		far.Push(b.x)
		if math.IsNaN(b.upper) {
			continue
		}
		if !ok {
			t.Fatalf("bin %d: R has a limit and we have none", i)
		}
		seen++
		within(t, i, "Farrington's mean", f.Mu, b.mu, glmTolerance)
		within(t, i, "Farrington's dispersion", f.Phi, b.phi, glmTolerance)
		within(t, i, "Farrington's limit", f.Limit(z), b.upper, glmTolerance)
	}
	if seen < 50 {
		t.Errorf("only %d bins compared", seen)
	}
}

// agreeEARS compares alarms: R gives the limit, our score is against the
// quantile of the method's own level.
func agreeEARS(t *testing.T, bins []bin, name string, d *peers.EARS, limit func(bin) float64) {
	t.Helper()
	const z = 3.090232306167813 // the 0.999 quantile
	seen := 0
	for i, b := range bins {
		s := d.Take(b.x)
		u := limit(b)
		if math.IsNaN(u) {
			continue
		}
		if math.IsNaN(s) {
			t.Fatalf("bin %d: R has a limit of %s and we have none", i, name)
		}
		seen++
		if u > 0 && math.Abs(b.x-u) > 1e-9 && (b.x > u) != (s > z) {
			t.Errorf("bin %d: %s scores %.4f against %.4f, but R's limit is %.4f for %g", i, name, s, z, u, b.x)
		}
		if u > 0 {
			near(t, i, name+"'s limit", b.x-(s-z)*d.Sigma(), u)
		}
	}
	if seen < 100 {
		t.Errorf("only %d bins of %s compared", seen, name)
	}
}

// agreeC3 compares what C3 adds to C2. surveillance 1.20.3 puts its limit at
// x + sd·(z − Σ max(0, C2 − 1)) and not at the mean plus that, so its alarm does
// not depend on the newest bin; we take the formula of the paper, and test the
// sum and the deviation that both share.
func agreeC3(t *testing.T, bins []bin) {
	t.Helper()
	const z = 1.959963984540054 // the 0.975 quantile
	c2, c3 := &peers.EARS{Variant: 2, MinSigma: 1}, &peers.EARS{Variant: 3, MinSigma: 1}
	for i, b := range bins {
		added := -c2.Take(b.x) + c3.Take(b.x)
		if !math.IsNaN(b.c3) {
			near(t, i, "C3's limit", max(0, b.x+c3.Sigma()*(z-added)), b.c3)
		}
	}
}

func near(t *testing.T, i int, what string, got, want float64) {
	t.Helper()
	within(t, i, what, got, want, 1e-9)
}

// glmTolerance is for R's glm, which stops iterating when the deviance changes
// by less than 1e-8 of itself; ours is the closed form.
const glmTolerance = 1e-4

func within(t *testing.T, i int, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance*(1+math.Abs(want)) {
		t.Errorf("bin %d: %s is %.9f, R has %.9f", i, what, got, want)
	}
}
