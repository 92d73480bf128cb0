package app_test

// adminRefusals are about who administers, by every way there is to it.
func adminRefusals() []refusal {
	return []refusal{
		{"119_api_by_role", refuseByRoleAtREST},
		{"119_console_by_role", refuseByRoleAtConsole},
	}
}
