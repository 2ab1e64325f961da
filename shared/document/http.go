package document

// Headers is the document of the check HTTP: what the answer to the upgrade says of the server.
type Headers struct {
	Server    string `json:"server,omitempty"`
	PoweredBy string `json:"powered_by,omitempty"`
}
