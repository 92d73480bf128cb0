package outbound_test

import "testing"

// TestRefuse holds what must be refused under its number in the list of refusals,
// whoever fetches and whatever for. Spellings of addresses are in TestRefuseTarget.
func TestRefuse(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"109_special_addresses":        refuseAddress,
		"109_dns_rebinding":            refuseRebinding,
		"109_one_good_address_of_many": refuseMixedAnswer,
		"109_hosts_not_granted":        refuseHost,
		"109_redirects":                refuseRedirect,
		"109_redirect_loops":           refuseRedirectLoop,
		"109_bodies_and_gzip_bombs":    refuseLargeBody,
		"109_headers":                  refuseLargeHeader,
		"109_no_http":                  refuseProtocol,
		"109_slowloris":                refuseSlow,
	} {
		t.Run(name, test)
	}
}
