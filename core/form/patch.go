package form

import "github.com/postern-id/postern/sdk/hook"

// Patch gives what makes after of before, as a JSON Merge Patch (RFC 7396): both are JSON
// objects, of which null is never a member.
func Patch(before, after []byte) ([]byte, error) {
	was, err := hook.ParseObject(before)
	if err != nil {
		return nil, err
	}
	is, err := hook.ParseObject(after)
	if err != nil {
		return nil, err
	}
	return patch(was, is).AppendJSON(nil), nil
}

func patch(was, is hook.Object) hook.Object {
	var changes hook.Object
	for _, m := range is {
		old, there := was.Get(m.Name)
		switch {
		case there && string(old.AppendJSON(nil)) == string(m.Value.AppendJSON(nil)):
		case there && old.Kind() == hook.KindObject && m.Value.Kind() == hook.KindObject:
			changes.Set(m.Name, hook.FromObject(patch(old.Object(), m.Value.Object())))
		default:
			changes.Set(m.Name, m.Value)
		}
	}
	for _, m := range was {
		if _, there := is.Get(m.Name); !there {
			changes.Set(m.Name, hook.Value{})
		}
	}
	return changes
}
