package main

import (
	"fmt"

	"github.com/outcry/outcry/internal/app"
)

type mirrorCmd struct {
	Verify mirrorVerifyCmd `cmd:"" help:"Hold a copy of the pages against its signed manifest. Exits 0 when it is whole and unchanged, 1 when not."`
}

type mirrorVerifyCmd struct {
	Dir string `arg:"" help:"The folder of the copy." type:"existingdir"`
	Key string `help:"Public key of the original in base64, as in its manifest.pub. Without it the key that lies in the copy is used: then anybody may have made it." placeholder:"KEY"`
}

// Run carries out outcry mirror verify.
func (c *mirrorVerifyCmd) Run(s *streams) error {
	r, err := app.VerifyMirror(c.Dir, c.Key)
	if err != nil {
		return err
	}
	for _, p := range r.Problems {
		if _, err := fmt.Fprintln(s.out, p); err != nil {
			return err
		}
	}
	if len(r.Problems) > 0 {
		return verdict(exitFailed)
	}
	whose := "the key that was given"
	if !r.Pinned {
		whose = "the key that lies in it, " + r.Key + " (give --key to know whose it is)"
	}
	_, err = fmt.Fprintf(s.out, "%s: ok: %d files of %s, made at %s, signed by %s\n", c.Dir, len(r.Manifest.Files), r.Manifest.Site, r.Manifest.MadeAt.Format("2006-01-02 15:04:05Z07:00"), whose)
	return err
}
