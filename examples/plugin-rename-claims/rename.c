// Renames, copies, removes and adds claims as the settings say.
#include "../../sdk/c/postern/postern.h"

// refuse fails the call before the host would, and says which setting is wrong.
static bool refuse(const char *setting, postern_text claim) {
	return postern_fail_text(POSTERN_JOIN(POSTERN_TEXT("settings."), postern_text_of(setting), POSTERN_TEXT(": the claim "), claim,
	                                      POSTERN_TEXT(" is the host's and cannot be changed")));
}

static bool is_for(const postern_value *settings, postern_text target) {
	const postern_value *targets = postern_member(settings, "targets");
	return targets == NULL || postern_contains(postern_as_texts(targets), target);
}

static bool remove_claims(const postern_claims_input *in, postern_claims_output *out) {
	postern_texts names = postern_as_texts(postern_member(in->settings, "remove"));
	for (size_t i = 0; i < names.count; i++) {
		if (postern_is_protected(names.items[i])) {
			return refuse("remove", names.items[i]);
		}
		if (postern_get(in->claims, names.items[i]) != NULL) {
			postern_add(&out->remove, names.items[i]);
		}
	}
	return true;
}

// move_claims gives claims another name. The host removes before it sets, so two
// claims can change places.
static bool move_claims(const postern_claims_input *in, postern_claims_output *out, const char *setting, bool keep) {
	for (const postern_value *m = postern_first(postern_member(in->settings, setting)); m != NULL; m = m->next) {
		postern_text from = m->name, to = postern_as_text(m);
		if (postern_is_protected(to)) {
			return refuse(setting, to);
		}
		if (!keep && postern_is_protected(from)) {
			return refuse(setting, from);
		}
		const postern_value *claim = postern_get(in->claims, from);
		if (claim == NULL) {
			continue;
		}
		if (!keep && !postern_contains(out->remove, from)) {
			postern_add(&out->remove, from);
		}
		postern_set(out->set, to, claim);
	}
	return true;
}

static bool set_claims(const postern_claims_input *in, postern_claims_output *out) {
	for (const postern_value *m = postern_first(postern_member(in->settings, "set")); m != NULL; m = m->next) {
		if (postern_is_protected(m->name)) {
			return refuse("set", m->name);
		}
		postern_set(out->set, m->name, m);
	}
	return true;
}

static bool claims(const postern_claims_input *in, postern_claims_output *out) {
	if (!is_for(in->settings, in->target)) {
		return true;
	}
	return remove_claims(in, out) && move_claims(in, out, "copy", true) && move_claims(in, out, "rename", false) && set_claims(in, out);
}

#define NAMES "\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\",\"minLength\":1}"

static const char settings[] =
	"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
	"\"targets\":{\"description\":\"What the settings hold for; without it, for all.\",\"type\":\"array\","
	"\"items\":{\"type\":\"string\",\"enum\":[\"id_token\",\"userinfo\",\"access_token\"]}},"
	"\"remove\":{\"description\":\"Claims to take out.\",\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1}},"
	"\"copy\":{\"description\":\"A second name for a claim: from its name to the other.\"," NAMES "},"
	"\"rename\":{\"description\":\"Another name for a claim: from its name to the other.\"," NAMES "},"
	"\"set\":{\"description\":\"Claims with their values; they come last.\",\"type\":\"object\"}"
	"}}";

static const postern_sample samples[] = {
	{POSTERN_CLAIMS_MAP,
     "{\"target\":\"id_token\",\"settings\":{\"remove\":[\"picture\"],\"copy\":{\"sub\":\"uid\"},\"rename\":{\"email\":\"mail\"},"
     "\"set\":{\"tenant\":\"acme\"}},\"claims\":{\"sub\":\"1\",\"email\":\"a@example.com\",\"picture\":\"p\"}}",
     NULL},
	{0},
};

static const postern_plugin rename_claims = {
	.manifest =
		{
			.id = "rename-claims",
			.version = "1.0.0",
			.description = "Renames, copies, removes and adds claims.",
			.settings = settings,
			.samples = samples,
		},
	.claims = claims,
};

POSTERN_PLUGINS(&rename_claims);
