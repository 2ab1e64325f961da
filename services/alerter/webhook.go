package alerter

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	webhookTimeout = 10 * time.Second
	maxAnswer      = 64 << 10 // bytes of an answer that are read, so that the receiver may finish
)

// Headers of a webhook.
const (
	headerID        = "BigBrotr-Alert"     // the alert's id
	headerTime      = "BigBrotr-Time"      // unix seconds of this attempt
	headerSignature = "BigBrotr-Signature" // sha256= and the HMAC of time, a dot and the body
)

// post sends an alert to a webhook; nil means that it answered with a status of 2xx. The client is the relays': private addresses
// are refused unless RELAY_ALLOW_CIDRS opens them. Redirects are not followed: a signed message goes where it was meant to.
func (a *Alerter) post(ctx context.Context, address string, secret []byte, alert Alert) error {
	body, err := json.Marshal(alert)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, webhookTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return withoutAddress(err)
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(headerID, alert.ID)
	req.Header.Set(headerTime, now)
	if secret != nil {
		req.Header.Set(headerSignature, signature(secret, now, body))
	}
	client := a.dialer.HTTPClient()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return withoutAddress(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // the status has said all
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("post an alert: the receiver answered with status %d", resp.StatusCode)
	}
	return nil
}

// signature lets the receiver see who sent a body, and when.
func signature(secret []byte, at string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// withoutAddress drops the address from an error of the client: many hold a token.
func withoutAddress(err error) error {
	if failed, is := errors.AsType[*url.Error](err); is {
		err = failed.Err
	}
	return fmt.Errorf("post an alert: %w", err)
}
