// Sends the authorization response at once. A field of the form may be named "submit" and
// would then hide the method of that name, so the method comes from the prototype.
HTMLFormElement.prototype.submit.call(document.getElementById("response"));
