package backtest

import "time"

// Result is what a backtest gives: the document of `outcry backtest --json`.
// Its keys are in docs/backtest.md and stay.
type Result struct {
	Series      string    `json:"series"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	ScoredFrom  time.Time `json:"scored_from"` // before, it learns
	Years       float64   `json:"years"`       // scored ones
	Timezone    string    `json:"timezone"`
	StepS       float64   `json:"step_s"`
	Bins        int       `json:"bins"`
	MissingBins int       `json:"missing_bins"`
	Events      uint64    `json:"events"`
	Seed        uint64    `json:"seed"`
	FalseAlarms float64   `json:"false_alarms_per_year"` // the budget
	Learned     Learned   `json:"learned"`
	Alerts      []Alert   `json:"alerts"`
	Labels      []Label   `json:"labels"`
	Scores      *Scores   `json:"scores"`  // null without labels
	Budgets     []Budget  `json:"budgets"` // the same series at every budget that was asked for

	bins []drawn
}

// Learned is what the judge knew at the end.
type Learned struct {
	PerHour       float64    `json:"per_hour"` // mean over the week
	Baseline      []Expected `json:"baseline"` // 168: by local hour of the week from Sunday midnight
	Dispersion    float64    `json:"dispersion"`
	CorrelationS  float64    `json:"correlation_s"`
	ThresholdNats float64    `json:"threshold_nats"`
	HistoryHours  float64    `json:"history_hours"`
}

// Expected is what is usual in an hour of the week.
type Expected struct {
	PerHour float64 `json:"per_hour"`
	SD      float64 `json:"sd"` // of the estimate, in events an hour
}

// Alert is one time that it would have said that the service fails.
type Alert struct {
	DetectedAt    time.Time    `json:"detected_at"` // the end of the bin in which it was seen
	Onset         time.Time    `json:"onset"`
	OnsetInterval [2]time.Time `json:"onset_interval"`
	ConfirmedAt   *time.Time   `json:"confirmed_at"` // when it no longer called it unconfirmed
	EndedAt       *time.Time   `json:"ended_at"`     // null: it goes on
	Nats          float64      `json:"nats"`         // when it was seen
	Events        float64      `json:"events"`       // from the onset to the end
	Usual         float64      `json:"usual"`        // how many would have been
	Words         string       `json:"words"`
	Learning      bool         `json:"learning"` // before scored_from: not scored
	Label         *int         `json:"label"`    // the window that it belongs to; null: none
}

// Label is a window, and what became of it.
type Label struct {
	From       time.Time  `json:"from"`
	To         time.Time  `json:"to"`
	Outcome    string     `json:"outcome"`
	DetectedAt *time.Time `json:"detected_at"`
	DelayS     *float64   `json:"delay_s"` // after the window's start; negative: before
}

// What may become of a window.
const (
	Detected = "detected"
	Missed   = "missed"
	Covered  = "covered"  // an alert from before was still on
	Learning = "learning" // over before scored_from
	Outside  = "outside"  // nothing was counted then
)

// Scores compare the alerts with the windows.
type Scores struct {
	Windows      int      `json:"windows"` // that are scored
	Detected     int      `json:"detected"`
	Covered      int      `json:"covered"`
	Missed       int      `json:"missed"`
	Alerts       int      `json:"alerts"`
	FalseAlarms  int      `json:"false_alarms"`
	FalsePerYear float64  `json:"false_per_year"`
	Precision    *float64 `json:"precision"` // alerts that belong to a window
	Recall       *float64 `json:"recall"`    // windows that were detected
	DelayMedianS *float64 `json:"delay_median_s"`
	DelayMeanS   *float64 `json:"delay_mean_s"`
}

// Budget is the series at one budget.
type Budget struct {
	FalseAlarms   float64 `json:"false_alarms_per_year"`
	ThresholdNats float64 `json:"threshold_nats"`
	Alerts        int     `json:"alerts"` // scored ones
	AlertsPerYear float64 `json:"alerts_per_year"`
	Scores        *Scores `json:"scores"`
}
