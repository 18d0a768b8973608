package cycle

// The teams of events that belong to no single project.
const (
	CrossProject = "cross-project"
	Elections    = "elections"
)
