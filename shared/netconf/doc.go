// Package netconf holds the settings of the networks and of relay connections, which every role that dials relays shares:
// finder, validator, monitor and synchronizer read the same variables in the same way.
//
// Owns: names, defaults and ranges of `<NET>_…`, `RELAY_…` and VANTAGE, and the deny list's file. Does not own: what a
// limit does (relay), or how the environment is read (app).
//
// Promises: an overlay network is on exactly when its proxy is set; nothing here does I/O but ReadDenyList.
//
//	config.go  Config and the limits of one network
//	dialer.go  from Config to what package relay needs
//	deny.go    the deny list
package netconf
