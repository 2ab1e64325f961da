// Package alerter tells those who asked that a relay went down, that it is back, or that its certificate ends soon: by a
// webhook, or by a private message on Nostr (NIP-17).
//
// Consumes: brotr.check.<network>.<relay> of RELAYS, so only what is in the archive, with one durable consumer for each route,
// which is a subscription and one of its ways. A receiver that is away holds only its own route up.
//
// Sends: signed POST requests to webhooks; kind 1059 to the relays of the addressee's kind 10050. It publishes no facts.
//
// Guarantees: what is compared is the state that was told last with the state that is true now, so an alert is about
// a lasting difference and not about an event that may be missed. It is remembered in the bucket brotr_alerts after it was
// sent: a crash in between sends the same one again, with the same id. The first look at a relay tells nothing. During the
// quiet time after an alert, and in quiet hours, nothing is sent; what changed meanwhile becomes one alert afterwards. Each
// certificate is told once.
//
// `blocked` is no state of the relay's but between it and us, and changes nothing; rounds of a degraded vantage never get here.
//
// Settings: ALERT_SUBSCRIPTIONS, ALERT_PRIVATE_KEY, ALERT_RELAYS, and those of package netconf.
//
//	config.go        settings                 subscriptions.go  the list file
//	pattern.go       which relays             quiet.go          quiet time and hours
//	alerter.go       New, Run
//	route.go         one way to one receiver: its position and back-off
//	memory.go        what was told            alert.go          what an alert says
//	webhook.go       HTTPS                    message.go        Nostr
//	metrics.go       counters                 try.go            a made-up alert
package alerter
