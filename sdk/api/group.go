package api

import "time"

// Group is a named set of users of one organisation.
type Group struct {
	ID           string     `json:"id" readOnly:"true"`
	Version      string     `json:"version" readOnly:"true"`
	Organisation string     `json:"organisation" readOnly:"true"`
	Name         string     `json:"name" doc:"Up to 100 characters without semicolon and comma, unique in the organisation."`
	DisplayName  string     `json:"display_name"`
	ExternalID   string     `json:"external_id" doc:"Of whoever provisions the group; empty, or unique in the organisation."`
	Members      int        `json:"members" readOnly:"true" doc:"How many there are."`
	ManagedBy    *ManagedBy `json:"managed_by,omitempty" readOnly:"true" doc:"The file that manages it: it is changed there. Absent: none does."`
	CreatedAt    time.Time  `json:"created_at" readOnly:"true"`
	UpdatedAt    time.Time  `json:"updated_at" readOnly:"true" doc:"When the group was last changed, not who is in it."`
}

// NewGroup is a group to be made.
type NewGroup struct {
	Organisation string   `json:"organisation,omitempty" doc:"built-in if it is absent."`
	Name         string   `json:"name"`
	DisplayName  string   `json:"display_name,omitempty"`
	ExternalID   string   `json:"external_id,omitempty"`
	Members      []string `json:"members,omitempty" doc:"Identifiers of users of the organisation."`
}

// MemberChange puts users into a group and takes others out, all at once.
type MemberChange struct {
	Add    []string `json:"add,omitempty" doc:"Identifiers of users."`
	Remove []string `json:"remove,omitempty" doc:"Identifiers of users."`
}
