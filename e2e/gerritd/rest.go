package gerritd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Password is the HTTP password of a test's account.
func Password(user string) string {
	if user == Admin {
		return AdminPassword
	}
	return user + "-of-the-tests"
}

// Call sends one REST request as a user ("": as nobody) and decodes the answer
// into out, unless that is nil. A body that is a string is sent as it is,
// anything else as JSON.
func (s *Server) Call(user, method, path string, body, out any) error {
	req, err := s.request(user, method, path, body)
	if err != nil {
		return fmt.Errorf("call Gerrit: %w", err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("call Gerrit: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("call Gerrit: %s %s: %w", method, path, err)
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("call Gerrit: %s %s as %q: %s: %s", method, path, user, resp.Status, bytes.TrimSpace(text))
	}
	if out == nil {
		return nil
	}
	// What keeps a browser from running the answer as a script.
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte(")]}'\n")), out); err != nil {
		return fmt.Errorf("call Gerrit: %s %s: %w", method, path, err)
	}
	return nil
}

func (s *Server) request(user, method, path string, body any) (*http.Request, error) {
	var content io.Reader
	kind := ""
	switch body := body.(type) {
	case nil:
	case string:
		content, kind = strings.NewReader(body), "text/plain"
	default:
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content, kind = bytes.NewReader(text), "application/json"
	}
	prefix := s.URL
	if user != "" {
		prefix += "/a"
	}
	req, err := http.NewRequest(method, prefix+path, content)
	if err != nil {
		return nil, err
	}
	if user != "" {
		req.SetBasicAuth(user, Password(user))
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	return req, nil
}

// Must is Call, and ends the test when it fails.
func (s *Server) Must(user, method, path string, body, out any) {
	s.t.Helper()
	if err := s.Call(user, method, path, body, out); err != nil {
		s.t.Fatal(err)
	}
}

// Search returns the numbers of the changes that a user finds, newest first.
func (s *Server) Search(user, query string) []int {
	s.t.Helper()
	var found []struct {
		Number int `json:"_number"`
	}
	s.Must(user, "GET", "/changes/?n=500&q="+url.QueryEscape(query), nil, &found)
	numbers := []int{}
	for _, c := range found {
		numbers = append(numbers, c.Number)
	}
	return numbers
}
