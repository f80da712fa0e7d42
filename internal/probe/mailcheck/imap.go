package mailcheck

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/outcry/outcry/internal/probe"
)

// mailbox is an IMAP account that has let us in.
type mailbox struct {
	*imapclient.Client
	conn    *boundConn
	folders []folder
}

// folder is one to look into.
type folder struct {
	name string
	spam bool
}

// found is the letter, where it is.
type found struct {
	folder
	uid  imap.UID
	text string
	at   time.Time
}

// open signs in (RFC 9051).
func (a *account) open(ctx context.Context, trail *probe.Trail) (*mailbox, error) {
	conn, password, err := a.connect(ctx, trail)
	if err != nil {
		return nil, err
	}
	box := &mailbox{conn: conn}
	if err := a.enter(ctx, trail, box, password); err != nil {
		box.leave()
		return nil, err
	}
	return box, nil
}

func (a *account) enter(ctx context.Context, trail *probe.Trail, box *mailbox, password string) error {
	name := "greeting"
	if !a.direct {
		name = "starttls"
	}
	err := trail.Do(name, func() (string, error) {
		if a.direct {
			box.Client = imapclient.New(box.conn, nil)
			return "", imapReason(ctx, box.conn, box.WaitGreeting())
		}
		client, err := imapclient.NewStartTLS(box.conn, &imapclient.Options{TLSConfig: a.cfg})
		if refused, ok := errors.AsType[*imap.Error](err); ok {
			return "", &probe.Fault{Reason: probe.ReasonNoSecurity, Err: fmt.Errorf("the server refuses STARTTLS: %w", refused)}
		}
		if err == nil {
			box.Client = client
		}
		return "", imapReason(ctx, box.conn, err)
	})
	if err != nil {
		return err
	}
	return trail.Do("sign-in", func() (string, error) {
		return "", signInReason(imapReason(ctx, box.conn, box.Login(a.Username, password).Wait()))
	})
}

// leave says goodbye.
func (m *mailbox) leave() {
	m.conn.hangUp(func() error {
		if m.Client == nil {
			return nil
		}
		return m.Logout().Wait()
	})
	if m.Client != nil {
		_ = m.Client.Close() //nolint:errcheck // it waits for the library's reader, that is what matters
	}
}

// How often folders are looked into: soon at first, then less often.
const (
	firstPause = 250 * time.Millisecond
	maxPause   = 5 * time.Second
)

// find looks until the letter is in the inbox or among the spam; nil when it is
// not by the end of the time.
func (m *mailbox) find(ctx context.Context, token string, spam []string) (*found, error) {
	if err := m.choose(spam); err != nil {
		return nil, imapReason(ctx, m.conn, err)
	}
	for pause := firstPause; ; pause = min(pause*3/2, maxPause) {
		for _, f := range m.folders {
			hit, err := m.look(f, token)
			if err != nil && ctx.Err() == nil && probe.Classify(imapReason(ctx, m.conn, err)) != probe.ReasonTimeout {
				return nil, imapReason(ctx, m.conn, err)
			}
			if hit != nil && err == nil {
				return hit, nil
			}
		}
		if !probe.Sleep(ctx, pause) {
			return nil, nil //nolint:nilnil // not there is what was found out
		}
	}
}

// choose lists the inbox and the folders of spam that are there.
func (m *mailbox) choose(spam []string) error {
	m.folders = []folder{{name: "INBOX"}}
	var options *imap.ListOptions
	if m.Caps().Has(imap.CapSpecialUse) {
		options = &imap.ListOptions{ReturnSpecialUse: true}
	}
	list, err := m.List("", "*", options).Collect()
	if err != nil {
		return fmt.Errorf("list the folders: %w", err)
	}
	for _, l := range list {
		usual := slices.ContainsFunc([]string{"Junk", "Spam", "INBOX.Junk", "INBOX.Spam", "Junk E-mail"}, func(s string) bool { return strings.EqualFold(s, l.Mailbox) })
		if len(spam) == 0 && (usual || slices.Contains(l.Attrs, imap.MailboxAttrJunk)) || slices.Contains(spam, l.Mailbox) {
			m.folders = append(m.folders, folder{name: l.Mailbox, spam: true})
		}
	}
	return nil
}

// look searches one folder; nil when the letter is not there.
func (m *mailbox) look(f folder, token string) (*found, error) {
	if _, err := m.Select(f.name, nil).Wait(); err != nil {
		return nil, fmt.Errorf("open %s: %w", f.name, err)
	}
	at := time.Now()
	data, err := m.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: Header, Value: token}}}, nil).Wait()
	if err != nil {
		return nil, fmt.Errorf("search %s: %w", f.name, err)
	}
	uids := data.AllUIDs()
	if len(uids) == 0 {
		return nil, nil //nolint:nilnil // it is not there, and that is no error
	}
	section := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierText, Peek: true, Partial: &imap.SectionPartial{Size: 8 << 10}}
	messages, err := m.Fetch(imap.UIDSetNum(uids[0]), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil || len(messages) == 0 {
		return nil, errors.Join(errors.New("fetch the message that was found"), err)
	}
	hit := &found{folder: f, uid: uids[0], at: at}
	for _, s := range messages[0].BodySection {
		hit.text += string(s.Bytes)
	}
	return hit, nil
}

// clean deletes the letter, and those of earlier runs that nobody found, from
// the folder that is open.
func (m *mailbox) clean(ctx context.Context, hit *found, now time.Time) (string, error) {
	old, err := m.UIDSearch(&imap.SearchCriteria{
		Header: []imap.SearchCriteriaHeaderField{{Key: Header}}, Before: now.AddDate(0, 0, -1),
	}, nil).Wait()
	if err != nil {
		return "", imapReason(ctx, m.conn, fmt.Errorf("look for old messages of checks: %w", err))
	}
	uids := imap.UIDSetNum(append(old.AllUIDs(), hit.uid)...)
	deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := m.Store(uids, deleted, nil).Close(); err != nil {
		return "", imapReason(ctx, m.conn, fmt.Errorf("mark the message as deleted: %w", err))
	}
	if !m.Caps().Has(imap.CapUIDPlus) {
		return "marked as deleted: without UIDPLUS others would go with it", nil
	}
	if err := m.UIDExpunge(uids).Close(); err != nil {
		return "", imapReason(ctx, m.conn, fmt.Errorf("delete the message: %w", err))
	}
	return fmt.Sprintf("%d deleted", len(old.AllUIDs())+1), nil
}

// imapReason gives a server's refusal its reason (RFC 9051, section 7.1).
func imapReason(ctx context.Context, conn *boundConn, err error) error {
	said, ok := errors.AsType[*imap.Error](err)
	if !ok {
		return reasoned(ctx, conn, err)
	}
	switch said.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeServerBug:
		return &probe.Fault{Reason: probe.ReasonNotServing, Err: err}
	case imap.ResponseCodeLimit, imap.ResponseCodeInUse, imap.ResponseCodeOverQuota:
		return &probe.Fault{Reason: probe.ReasonThrottled, Err: err}
	}
	if said.Type == imap.StatusResponseTypeBye {
		return &probe.Fault{Reason: probe.ReasonNotServing, Err: err}
	}
	return &probe.Fault{Reason: probe.ReasonRejected, Err: err}
}
