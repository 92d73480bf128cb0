package upstream

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// How a person signed in who typed a password that a connector checked, where it does
// not say (RFC 8176): the form was ours.
const (
	amrPassword = "pwd"
	acrPassword = "1"
)

// CheckPassword asks the connectors that check passwords, in their order, until one
// knows the person. Nil without an error: none of them does, or the password is wrong.
//
// An error that is a *[core.UpstreamRefused] has changes for the audit log. One of the
// kind broken says that a connector could not be asked, so that nobody can tell, and in
// Guessed whether another said no; of another kind that the password is right, but no account here goes with the person. The
// person must not be able to tell the latter from a wrong password.
func (s *Service) CheckPassword(ctx context.Context, p core.PasswordAttempt) (*core.Proof, error) {
	connectors, err := s.bound(ctx, hook.ConnectorPassword, p.Client)
	if err != nil {
		return nil, err
	}
	p.Event = stranger(p.Event)
	var failures []core.Change
	var failure *core.UpstreamRefused
	guessed := false
	for _, c := range connectors {
		if p.Org != "" && c.Org != p.Org {
			continue
		}
		proof, err := s.checkAt(ctx, c, p)
		switch {
		case err == nil && proof == nil:
			guessed = true
			continue
		case err == nil:
			proof.Changes = append(failures, proof.Changes...)
			return proof, nil
		}
		refused := s.refused(err, c, p.Event, failures...)
		problem, ok := refused.(*core.UpstreamRefused)
		if !ok || problem.Kind != core.UpstreamBroken {
			return nil, refused
		}
		failures, failure = problem.Changes, problem
	}
	if failure == nil {
		return nil, nil
	}
	failure.Guessed = guessed
	return nil, failure
}

// checkAt asks one connector.
func (s *Service) checkAt(ctx context.Context, c *core.Connector, a core.PasswordAttempt) (*core.Proof, error) {
	o, err := s.open(ctx, c.Instance, hook.ConnectorPassword, a.Client)
	if err != nil {
		return nil, err
	}
	out, err := s.Connectors.Password(ctx, c.Instance, &hook.PasswordInput{
		Organisation: s.Organisation(o.org), Client: s.clientOf(a.Client), Name: a.Login, Password: a.Password, Address: a.Event.IP,
	})
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, failedAt("connector_failed", err)
	case out.Deny || out.Identity == nil:
		return nil, nil
	}
	p, err := readIdentity(out.Identity)
	if err != nil {
		return nil, err
	}
	proof, err := s.receive(ctx, arrival{opened: o, client: a.Client, event: a.Event, person: &p})
	if err != nil {
		return nil, err
	}
	proof.Method, proof.AMR, proof.ACR = "password", p.amr, p.acr
	if len(proof.AMR) == 0 {
		proof.AMR = []string{amrPassword}
	}
	if proof.ACR == "" {
		proof.ACR = acrPassword
	}
	return proof, nil
}
