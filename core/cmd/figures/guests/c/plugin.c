// The plugin of the figures in C: it does what job.Map does in Go.
#include "job.h"
#include "postern/postern.h"

static bool claims(const postern_claims_input *in, postern_claims_output *out) {
	postern_text prefix = postern_as_text(postern_member(in->settings, "prefix"));
	postern_value *groups = postern_array();
	for (size_t i = 0; i < in->user.groups.count; i++) {
		postern_append(groups, postern_string(POSTERN_JOIN(prefix, in->user.groups.items[i])));
	}
	postern_set(out->set, POSTERN_TEXT("groups"), groups);
	const postern_value *attributes = postern_member(in->settings, "attributes");
	for (const postern_value *name = postern_first(attributes); name != NULL; name = name->next) {
		const postern_value *value = postern_get(in->user.attributes, name->text);
		if (value != NULL) {
			postern_set(out->set, name->text, value);
		}
	}
	const postern_value *rename = postern_member(in->settings, "rename");
	postern_text from = postern_as_text(postern_member(rename, "from"));
	const postern_value *value = postern_get(in->claims, from);
	if (value != NULL) {
		postern_set(out->set, postern_as_text(postern_member(rename, "to")), value);
		postern_add(&out->remove, from);
	}
	return true;
}

static const postern_sample samples[] = {{POSTERN_CLAIMS_MAP, SAMPLE, NULL}, {0}};

static const postern_plugin plugin = {
	.manifest =
		{
			.id = "figures",
			.version = "1.0.0",
			.description = "Prefixes groups, copies attributes, renames a claim.",
			.settings = SCHEMA,
			.samples = samples,
		},
	.claims = claims,
};

POSTERN_PLUGINS(&plugin);
