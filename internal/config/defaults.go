package config

import (
	"time"

	"github.com/outcry/outcry/presets"
)

// SetDefaults fills in everything that a file need not say. It has no
// services, so it is not a complete configuration: see [Default].
func (c *Config) SetDefaults() {
	*c = Config{
		Listen:       ":8080",
		AdminListen:  "127.0.0.1:8081",
		MaxListeners: 10_000,
		Data:         "outcry-data",
		Bus: Bus{
			Partitions: 1, MaxAge: 72 * time.Hour, MaxBytes: 8 << 30, Duplicates: 2 * time.Minute,
		},
		Retention: Retention{
			Ticks: 7 * 24 * time.Hour, Minutes: 60 * 24 * time.Hour, Hours: 400 * 24 * time.Hour,
		},
		Log:         Log{Level: LevelInfo, Format: FormatText},
		Publication: Publication{Mode: ModeAuto, Deadline: 10 * time.Minute},
		Scopes: Scopes{
			Regions: Values{Max: 500}, Carriers: Values{Max: 200}, Platforms: Values{Max: 20},
			Versions: Values{Max: 100}, Segments: Values{Max: 100},
		},
		Intake: Intake{
			Limit:    Limit{Rate: Rate{Count: 60, Per: time.Minute}, Burst: 120, IPv4: 24, IPv6: 48, Networks: 1_000_000},
			MaxBatch: 10_000_000, MaxReport: 16 << 10, MaxComment: 1000,
		},
		Comments: Comments{Mode: CommentsOff, Keep: 7 * 24 * time.Hour, Limit: Rate{Count: 6, Per: time.Hour}, Burst: 3, Most: 200},
		Counting: Counting{
			Lateness: time.Minute, Repeat: 30 * time.Minute, NetworkCap: 3, WideCap: 9,
			NetworkWindow: 10 * time.Minute, Exact: 64, MaxReporters: 1_000_000,
		},
		Detection: Detection{
			FalseAlarms: Budget{Count: 1, In: BudgetYear},
			Tiers: Tiers{
				Watch:     Budget{Count: 1, In: 7 * 24 * time.Hour},
				Suspected: Budget{Count: 1, In: BudgetMonth},
			},
		},
		Alerts:  Alerts{Label: "service"},
		Notify:  Notify{WebPush: WebPush{MaxPerService: 50_000, Keep: 14 * 24 * time.Hour}},
		Vantage: Vantage{Name: LocalVantage, References: []string{"1.1.1.1:443", "8.8.8.8:443", "9.9.9.9:443"}},
	}
}

// Builtin is the file of the built-in configuration, as it stands in the
// presets; it can be copied and changed.
const Builtin = "apple.yaml"

// Default is the built-in configuration: a page for the four services that
// failed on 16 May 2024, open for reports, with Apple's own feed and public
// endpoints to watch.
func Default() *Config {
	data, err := presets.Files.ReadFile(Builtin)
	if err != nil {
		panic("config: the built-in configuration is not in the binary: " + err.Error()) // embedded at build time
	}
	c, err := Parse("presets/"+Builtin, data)
	if err != nil {
		panic("config: the built-in configuration is wrong: " + err.Error()) // a test loads it
	}
	return c
}
