// The host, as it is imported (abi.md sections 2 and 3). A module imports those of
// these functions that its plugins call.

// @ts-ignore: decorator
@external("postern", "input_len")
export declare function inputLen(): i32;

// @ts-ignore: decorator
@external("postern", "input_read")
export declare function inputRead(ptr: usize): void;

// @ts-ignore: decorator
@external("postern", "output_write")
export declare function outputWrite(ptr: usize, len: i32): void;

// @ts-ignore: decorator
@external("postern", "fail")
export declare function hostFail(ptr: usize, len: i32): void;

// @ts-ignore: decorator
@external("postern", "log")
export declare function hostLog(ptr: usize, len: i32): void;

// @ts-ignore: decorator
@external("postern", "random")
export declare function hostRandom(ptr: usize, len: i32): void;

// @ts-ignore: decorator
@external("postern", "clock")
export declare function hostClock(): i64;

// @ts-ignore: decorator
@external("postern", "answer_read")
export declare function answerRead(ptr: usize): void;

// @ts-ignore: decorator
@external("postern", "http_fetch")
export declare function httpFetch(ptr: usize, len: i32): i32;

// @ts-ignore: decorator
@external("postern", "jwt_verify")
export declare function jwtVerify(ptr: usize, len: i32): i32;

// @ts-ignore: decorator
@external("postern", "kv")
export declare function kv(ptr: usize, len: i32): i32;

// @ts-ignore: decorator
@external("postern", "secret_get")
export declare function secretGet(ptr: usize, len: i32): i32;

// @ts-ignore: decorator
@external("postern", "oidc_exchange")
export declare function oidcExchange(ptr: usize, len: i32): i32;

// @ts-ignore: decorator
@external("postern", "oauth_exchange")
export declare function oauthExchange(ptr: usize, len: i32): i32;

// @ts-ignore: decorator
@external("postern", "ldap_bind")
export declare function hostLdapBind(ptr: usize, len: i32): i32;

// @ts-ignore: decorator
@external("postern", "ldap_search")
export declare function hostLdapSearch(ptr: usize, len: i32): i32;
