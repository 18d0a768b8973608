package gerritd

import "net/url"

// ServiceUsers is Gerrit's own group of accounts that are no people.
const ServiceUsers = "Service Users"

// CI is the account whose Verified counts, as at OpenDev.
const CI = "zuul"

// Account makes an account that can log in with its Password.
func (s *Server) Account(user, fullName string) {
	s.t.Helper()
	s.Must(Admin, "PUT", "/accounts/"+url.PathEscape(user), map[string]any{
		"name": fullName, "email": user + "@example.com", "http_password": Password(user),
	}, nil)
}

// Deactivate switches an account off, as when somebody leaves for good.
func (s *Server) Deactivate(user string) {
	s.t.Helper()
	s.Must(Admin, "DELETE", "/accounts/"+url.PathEscape(user)+"/active", nil, nil)
}

// Group makes a group of members and of other groups, owned by the
// administrators; everybody with a login can see it.
func (s *Server) Group(name string, members, groups []string) {
	s.t.Helper()
	path := "/groups/" + url.PathEscape(name)
	s.Must(Admin, "PUT", path, map[string]any{"visible_to_all": true, "members": members}, nil)
	if len(groups) > 0 {
		s.Must(Admin, "POST", path+"/groups", map[string]any{"groups": groups}, nil)
	}
}

// Hide makes a group visible to its members and owners only.
func (s *Server) Hide(group string) {
	s.t.Helper()
	s.Must(Admin, "PUT", "/groups/"+url.PathEscape(group)+"/options", map[string]any{"visible_to_all": false}, nil)
}

// AddMember puts an account into a group.
func (s *Server) AddMember(group, user string) {
	s.t.Helper()
	s.Must(Admin, "PUT", "/groups/"+url.PathEscape(group)+"/members/"+url.PathEscape(user), nil, nil)
}

// RemoveMember takes an account out of a group.
func (s *Server) RemoveMember(group, user string) {
	s.t.Helper()
	s.Must(Admin, "DELETE", "/groups/"+url.PathEscape(group)+"/members/"+url.PathEscape(user), nil, nil)
}

// OpenDev gives the server what all of OpenDev's projects share: the labels
// with their copy rules, who may set them, and the account of the CI.
func (s *Server) OpenDev() {
	s.t.Helper()
	labels := "/projects/All-Projects/labels/"
	s.Must(Admin, "PUT", labels+"Code-Review", map[string]any{
		"function":       "NoBlock",
		"copy_condition": "changekind:NO_CODE_CHANGE OR changekind:TRIVIAL_REBASE OR is:MIN",
	}, nil)
	s.Must(Admin, "PUT", labels+"Verified", map[string]any{
		"function": "NoBlock",
		"values": map[string]string{
			"-2": "Failed in the gate", "-1": "Failed", "0": "No result", "+1": "Passed", "+2": "Passed in the gate",
		},
	}, nil)
	s.Must(Admin, "PUT", labels+"Workflow", map[string]any{
		"function": "NoBlock",
		"values":   map[string]string{"-1": "Work in progress", "0": "Ready for reviews", "+1": "Approved"},
	}, nil)
	s.Account(CI, "Zuul")
	s.AddMember(ServiceUsers, CI)
	s.allow("All-Projects", map[string]map[string]any{
		"refs/heads/*": {
			"label-Verified":     votes(map[string][2]int{s.groupID(ServiceUsers): {-2, 2}, "global:Registered-Users": {-1, 1}}, "Verified"),
			"label-Code-Review":  votes(map[string][2]int{"global:Registered-Users": {-1, 1}}, "Code-Review"),
			"label-Workflow":     votes(map[string][2]int{"global:Change-Owner": {-1, 0}}, "Workflow"),
			"toggleWipState":     rules("global:Registered-Users"),
			"rebase":             rules("global:Registered-Users"),
			"submit":             rules(s.groupID(ServiceUsers)),
			"deleteOwnChanges":   rules("global:Registered-Users"),
			"viewPrivateChanges": rules(),
			"addPatchSet":        rules("global:Registered-Users"),
			"editTopicName":      rules("global:Registered-Users"),
			"editHashtags":       rules("global:Registered-Users"),
			"removeReviewer":     rules("global:Registered-Users"),
			"forgeCommitter":     rules("global:Registered-Users"),
			"forgeAuthor":        rules("global:Registered-Users"),
			"abandon":            rules(),
			"submitAs":           rules(),
			"push":               rules(s.groupID("Administrators")),
			"create":             rules(s.groupID("Administrators")),
		},
		"refs/for/refs/heads/*": {"push": rules("global:Registered-Users")},
	})
}

// Team is a team as OpenDev sets one up.
type Team struct {
	Name     string   // of its core group: "glance" makes "glance-core"
	Cores    []string // accounts, which have to exist
	Nested   []string // accounts that are cores through a group in that group
	PTL      string   // alone may approve in Specs
	Projects []string
	Specs    []string
}

// Team makes a team's groups and projects with one file each, and lets cores
// vote ±2, approve and abandon; in Specs only the PTL approves.
func (s *Server) Team(team Team) {
	s.t.Helper()
	core, ptl := team.Name+"-core", team.Name+"-ptl"
	var nested []string
	if len(team.Nested) > 0 {
		nested = []string{team.Name + "-more-core"}
		s.Group(nested[0], team.Nested, nil)
	}
	s.Group(core, team.Cores, nested)
	s.Group(ptl, []string{team.PTL}, nil)
	for i, project := range append(append([]string{}, team.Projects...), team.Specs...) {
		approver := core
		if i >= len(team.Projects) {
			approver = ptl
		}
		s.Must(Admin, "PUT", "/projects/"+url.PathEscape(project), map[string]any{
			"create_empty_commit": true, "submit_type": "MERGE_IF_NECESSARY",
		}, nil)
		s.allow(project, map[string]map[string]any{"refs/heads/*": {
			"label-Code-Review": votes(map[string][2]int{s.groupID(core): {-2, 2}}, "Code-Review"),
			"label-Workflow":    votes(map[string][2]int{s.groupID(core): {-1, 0}, s.groupID(approver): {-1, 1}}, "Workflow"),
			"abandon":           rules(s.groupID(core)),
		}})
	}
}

// Project makes a project with an empty commit.
func (s *Server) Project(name string) {
	s.t.Helper()
	s.Must(Admin, "PUT", "/projects/"+url.PathEscape(name), map[string]any{"create_empty_commit": true}, nil)
}

// HideProject shows a project to administrators only.
func (s *Server) HideProject(name string) {
	s.t.Helper()
	s.allow(name, map[string]map[string]any{"refs/*": {
		"read": map[string]any{"rules": map[string]any{"global:Anonymous-Users": map[string]any{"action": "BLOCK"}}},
	}})
}

// ShowProject shows it to everybody again.
func (s *Server) ShowProject(name string) {
	s.t.Helper()
	s.Must(Admin, "POST", "/projects/"+url.PathEscape(name)+"/access", map[string]any{
		"remove": map[string]any{"refs/*": map[string]any{"permissions": map[string]any{"read": map[string]any{}}}},
	}, nil)
}

// AllowAbandon lets an account of a group set changes aside in a project, as
// Glance lets its bot.
func (s *Server) AllowAbandon(project, group string) {
	s.t.Helper()
	s.allow(project, map[string]map[string]any{"refs/heads/*": {
		"abandon":        rules(s.groupID(group)),
		"label-Workflow": votes(map[string][2]int{s.groupID(group): {-1, 0}}, "Workflow"),
	}})
}

// allow adds permissions to a project.
func (s *Server) allow(project string, refs map[string]map[string]any) {
	s.t.Helper()
	add := map[string]any{}
	for ref, permissions := range refs {
		add[ref] = map[string]any{"permissions": permissions}
	}
	s.Must(Admin, "POST", "/projects/"+url.PathEscape(project)+"/access", map[string]any{"add": add}, nil)
}

// rules allows groups something.
func rules(groups ...string) map[string]any {
	r := map[string]any{}
	for _, g := range groups {
		r[g] = map[string]any{"action": "ALLOW", "force": false}
	}
	return map[string]any{"exclusive": false, "rules": r}
}

// votes allows groups a range of a label.
func votes(groups map[string][2]int, label string) map[string]any {
	r := map[string]any{}
	for g, limits := range groups {
		r[g] = map[string]any{"action": "ALLOW", "min": limits[0], "max": limits[1]}
	}
	return map[string]any{"label": label, "exclusive": false, "rules": r}
}

// groupID finds the identifier that access rules want.
func (s *Server) groupID(name string) string {
	s.t.Helper()
	var g struct {
		ID string `json:"id"`
	}
	s.Must(Admin, "GET", "/groups/"+url.PathEscape(name), nil, &g)
	id, err := url.QueryUnescape(g.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}
