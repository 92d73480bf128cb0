package core

// Templates of mails. Those with a link that does something are named as the
// [TicketPurpose] of its ticket; a notice says what was done to an account.
const (
	MailSignIn   = string(TicketSignIn)
	MailReset    = string(TicketReset)
	MailInvite   = string(TicketInvite)
	MailRegister = string(TicketRegister)
	MailVerify   = string(TicketVerify)
	MailEmail    = string(TicketEmail)
	// MailRegisterKnown goes to who has an account already, where a new one was asked for.
	MailRegisterKnown = "register_known"

	MailNoticePassword = "notice_password" // it was changed
	MailNoticeAdded    = "notice_added"    // an authenticator
	MailNoticeRemoved  = "notice_removed"  // an authenticator
	MailNoticeRecovery = "notice_recovery" // a recovery code was used
	MailNoticeDevice   = "notice_device"   // a sign-in from a browser that was not seen before
	MailNoticeEmail    = "notice_email"    // it was changed; to the old address
	MailNoticeDeleted  = "notice_deleted"  // the account

	// MailTest is what an operator sends to see whether mail works.
	MailTest = "test"
)

// Words that mails are filled in with. Whoever composes a mail gives those that it has:
// what is empty is left out, except for the link and the code that a template is about.
const (
	WordLink          = "link"
	WordCode          = "code"          // eight digits
	WordName          = "name"          // of who gets the mail; not to an address that nobody proved yet
	WordLogin         = "login"         // the user name
	WordClient        = "client"        // name of the application that is gone on with
	WordEmail         = "email"         // the new address
	WordAuthenticator = "authenticator" // name of it
	WordMethod        = "method"        // of it: [MethodPasskey] or [MethodTOTP]
	WordTime          = "time"          // when it happened, RFC 3339
	WordBrowser       = "browser"       // "Firefox (Linux)"
	WordAddress       = "address"       // IP address
)
