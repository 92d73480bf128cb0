package job

import "github.com/postern-id/postern/sdk/hook"

// Settings are those that every plugin of the figures is given.
const Settings = `{"prefix":"wiki-","attributes":["department","cost_center","office"],"rename":{"from":"preferred_username","to":"login"}}`

// Schema describes Settings, as JSON Schema.
const Schema = `{"type":"object","additionalProperties":false,"required":["prefix","attributes","rename"],"properties":{
	"prefix":{"type":"string"},
	"attributes":{"type":"array","items":{"type":"string"}},
	"rename":{"type":"object","additionalProperties":false,"required":["from","to"],"properties":{"from":{"type":"string"},"to":{"type":"string"}}}}}`

// Sample is a message for the self-test at load.
const Sample = `{"target":"id_token","settings":` + Settings + `,` +
	`"user":{"id":"u","name":"alice","groups":["staff","editors"],"attributes":{"cost_center":"1","department":"R&D","office":"Berlin"}},` +
	`"client":{"id":"c","name":"wiki"},"scopes":["openid","profile"],"claims":{"sub":"u","preferred_username":"alice"}}`

// Map does the work of claims.map/v1.
func Map(in *hook.ClaimsInput) (*hook.ClaimsOutput, error) {
	settings := in.Settings.Object()
	out := &hook.ClaimsOutput{}
	prefix := member(settings, "prefix").Text()
	groups := make([]hook.Value, len(in.User.Groups))
	for i, group := range in.User.Groups {
		groups[i] = hook.String(prefix + group)
	}
	out.Set.Set("groups", hook.Array(groups...))
	for _, name := range member(settings, "attributes").List() {
		if value, ok := in.User.Attributes.Get(name.Text()); ok {
			out.Set.Set(name.Text(), value)
		}
	}
	rename := member(settings, "rename").Object()
	from := member(rename, "from").Text()
	if value, ok := in.Claims.Get(from); ok {
		out.Set.Set(member(rename, "to").Text(), value)
		out.Remove = append(out.Remove, from)
	}
	return out, nil
}

func member(o hook.Object, name string) hook.Value {
	v, _ := o.Get(name)
	return v
}
