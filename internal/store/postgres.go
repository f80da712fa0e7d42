package store

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/outcry/outcry"
)

// postgresConns bounds the connections that one instance opens; PostgreSQL's
// own default is a hundred for everybody.
const postgresConns = 16

func connectPostgres(ctx context.Context, dsn string, log *slog.Logger) (*Store, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil { // the parser's message has the password blanked out
		return nil, &outcry.Error{Code: outcry.CodeInvalid, Field: "store", Message: "not a PostgreSQL URL", Err: err}
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 10 * time.Second
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "outcry"
	}
	db := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(planByKey))
	db.SetMaxOpenConns(postgresConns)
	db.SetMaxIdleConns(postgresConns / 2)
	db.SetConnMaxIdleTime(5 * time.Minute)
	s := &Store{log: log, writer: db, reader: db, engine: engine{
		name:       "postgres",
		forUpdate:  " FOR UPDATE",
		skipLocked: " FOR UPDATE SKIP LOCKED",
		alone:      "SELECT pg_advisory_xact_lock(7305808869231650419)", // "outcry rs"
	}}
	if err := db.PingContext(ctx); err != nil {
		return nil, joinClose(s.fail(err, "connecting to PostgreSQL at "+cfg.Host), s)
	}
	return s, s.warnUnsafe(ctx)
}

// planByKey keeps the planner from reading whole tables because they were small
// when it last looked: every statement here wants rows by key.
func planByKey(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "SET enable_seqscan = off")
	return err
}

// warnUnsafe says what a crash of the server would lose with the settings that
// it runs under.
func (s *Store) warnUnsafe(ctx context.Context) error {
	risks := map[string]string{
		"fsync":              "a power cut may destroy the database",
		"full_page_writes":   "a power cut may destroy the database",
		"synchronous_commit": "a crash may lose the last commits, and send notices twice",
	}
	for setting, risk := range risks {
		var value string
		if err := s.reader.QueryRowContext(ctx, "SELECT current_setting($1)", setting).Scan(&value); err != nil {
			return joinClose(s.fail(err, "reading PostgreSQL's "+setting), s)
		}
		if value == "off" {
			s.log.Warn("store: PostgreSQL runs with a setting that is not safe", "setting", setting, "value", value, "risk", risk)
		}
	}
	return nil
}
