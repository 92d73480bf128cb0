package scim_test

import (
	"testing"

	"github.com/postern-id/postern/core"
)

// What a file says of a group stays, whoever provisions it; who is in it the file does not
// say.
func TestManagedGroup(t *testing.T) {
	w := newWorld(t)
	anna := w.user("anna", "").id()
	group := w.groupOf("Staff", anna)
	path := "/Groups/" + group.id()
	if err := w.store.Apply(t.Context(), core.Manage{Managed: core.Managed{Kind: core.ManagedGroup, ID: group.id(), Source: "acme.yaml", ManagedAt: w.now}}); err != nil {
		t.Fatal(err)
	}
	w.patch(path, `{"op":"remove","path":"members[value eq \"`+anna+`\"]"}`).is(204)
	w.patch(path, `{"op":"add","path":"members","value":[{"value":"`+anna+`"}]}`).is(204)
	w.patch(path, `{"op":"replace","path":"displayName","value":"Others"}`).refused(409, "mutability")
	w.ask("DELETE", path, "").refused(409, "mutability")
	if got := w.members("Staff"); got != "anna" {
		t.Errorf("its members are %s", got)
	}
}
