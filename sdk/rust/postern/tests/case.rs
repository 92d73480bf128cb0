//! What `testing::run_cases` finds, and how it says it.

use std::fs;
use std::path::PathBuf;

use postern::testing::{check_case, run_cases};
use postern::{kv_get, object, ClaimsInput, ClaimsOutput, Module, Plugin, Sample, User, CLAIMS_MAP, EVENT_SINK};

fn module() -> Module {
    let greet = |input: &postern::ClaimsInput| match input.user.name.as_str() {
        "" => Err("nobody is there".into()),
        "kv" => Ok(ClaimsOutput { set: object! { "kept": kv_get("k")? }, ..ClaimsOutput::default() }),
        name => Ok(ClaimsOutput { set: object! { "a": 1, "hello": name }, ..ClaimsOutput::default() }),
    };
    let account = |_: &postern::AccountInput| Ok(object! { "z": 1, "a": 2 });
    let sample = Sample::new(CLAIMS_MAP, &ClaimsInput { user: somebody("x"), ..ClaimsInput::default() });
    Module::new(vec![Plugin::new("greet", "1", "d").claims(greet).account(account).sample(sample)])
}

fn somebody(name: &str) -> User {
    User { name: name.into(), ..User::default() }
}

#[test]
fn cases_that_pass() {
    for case in [
        r#"{"name":"n","hook":"claims.map/v1","input":{"user":{"name":"x"}},"output":{"set":{"hello":"x","a":1}}}"#,
        r#"{"name":"n","plugin":"greet","hook":"claims.map/v1","input":{"user":{"name":"x"}},"output":{"remove":[],"set":{"hello":"x","a":1}}}"#,
        r#"{"name":"n","hook":"claims.map/v1","input":{},"fails":"nobody"}"#,
        r#"{"name":"n","hook":"account.shape/v1","input":{},"output":{"a":2,"z":1}}"#,
        r#"{"name":"n","hook":"account.shape/v1","input":{},"output_text":"{\"z\":1,\"a\":2}"}"#,
        r#"{"name":"n","hook":"claims.map/v1","input":{"user":{"name":"kv"}},"calls":[{"capability":"kv","request":{"key":"k","op":"get"},"answer":{"found":true,"value":"v"}}],"output":{"set":{"kept":"v"}}}"#,
        r#"{"name":"n","hook":"claims.map/v1","input":{"user":{"name":"kv"}},"calls":[{"capability":"kv","request":{"key":"k","op":"get"},"answer":{"error":{"code":"limit","message":"m"}}}],"fails":"limit: m"}"#,
    ] {
        assert_eq!(check_case(&module(), case), Ok(()), "{case}");
    }
}

#[test]
fn cases_that_fail() {
    for (case, want) in [
        ("{", "byte 1: a member name is expected"),
        (r#"{"nam":"n"}"#, "nam: an unknown member"),
        (r#"{"fails":"x"}"#, "the case must have a name"),
        (r#"{"name":"n"}"#, "the case must have one of output, output_text and fails"),
        (r#"{"name":"n","fails":"a","output":{}}"#, "the case must have one of output, output_text and fails"),
        (r#"{"name":"n","plugin":"p","output":{}}"#, "n: the module has no plugin p"),
        (r#"{"name":"n","hook":"event.sink/v1","output":{}}"#, "n: the plugin does not implement event.sink/v1"),
        (r#"{"name":"n","hook":"claims.map/v1","input":{},"output":{}}"#, r#"n: it fails with "nobody is there""#),
        (
            r#"{"name":"n","hook":"claims.map/v1","input":{},"fails":"somebody"}"#,
            r#"n: it fails with "nobody is there", not with "somebody""#,
        ),
        (
            r#"{"name":"n","hook":"account.shape/v1","input":{},"fails":"x"}"#,
            r#"n: it gives {"z":1,"a":2}, and should fail with "x""#,
        ),
        (
            r#"{"name":"n","hook":"account.shape/v1","input":{},"output":{"a":2}}"#,
            "n: the output has z 1, which it should not",
        ),
        (
            r#"{"name":"n","hook":"account.shape/v1","input":{},"output":{"a":2.0,"z":1}}"#,
            "n: the output has a 2, not 2.0",
        ),
        (
            r#"{"name":"n","hook":"account.shape/v1","input":{},"output_text":"{\"a\":2,\"z\":1}"}"#,
            "n: the output is\n{\"z\":1,\"a\":2}\nnot\n{\"a\":2,\"z\":1}",
        ),
        (
            r#"{"name":"n","hook":"claims.map/v1","input":{"user":{"name":"x"}},"output":{"set":{"a":1}}}"#,
            r#"n: the output has set.hello "x", which it should not"#,
        ),
        (
            r#"{"name":"n","hook":"claims.map/v1","input":{"user":{"name":"x"}},"output":{"sett":{}}}"#,
            "n: output of the case: sett: an unknown member",
        ),
        (
            r#"{"name":"n","hook":"claims.map/v1","input":{"user":{"name":"x"}},"output_text":"{}"}"#,
            "n: output_text is for account.shape/v1 alone",
        ),
        (
            r#"{"name":"n","hook":"claims.map/v1","input":{"user":{"name":"kv"}},"output":{}}"#,
            "n: call 1: kv, after the last",
        ),
        (
            r#"{"name":"n","hook":"account.shape/v1","input":{},"calls":[{"capability":"kv"}],"output":{"a":2,"z":1}}"#,
            "n: 1 of the calls that are played were not made",
        ),
    ] {
        assert_eq!(check_case(&module(), case), Err(want.into()));
    }
}

#[test]
fn a_case_must_name_one_of_several_plugins() {
    let two = Module::new(vec![Plugin::new("a", "1", "d"), Plugin::new("b", "1", "d").event(|_| Ok(()))]);
    let unnamed = r#"{"name":"n","hook":"event.sink/v1","input":{},"output":{}}"#;
    assert_eq!(check_case(&two, unnamed), Err("n: the module has several plugins: the case must name one".into()));
    assert_eq!(check_case(&two, &unnamed.replace("\"hook\"", "\"plugin\":\"b\",\"hook\"")), Ok(()));
}

/// A folder of this test, with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (file, text) in files {
        fs::write(folder.join(file), text).unwrap();
    }
    folder
}

const GOOD: &str = r#"{"name":"good","hook":"account.shape/v1","input":{},"output":{"z":1,"a":2}}"#;

#[test]
fn a_folder_of_cases() {
    run_cases(&module(), folder("good", &[("a.json", GOOD), ("b.json", GOOD), ("README.md", "{")]));
}

#[test]
#[should_panic(expected = "1 cases or samples fail:\n")]
fn one_case_of_a_folder_fails() {
    run_cases(&module(), folder("bad", &[("a.json", GOOD), ("b.json", "{}")]));
}

#[test]
#[should_panic(expected = "sample 1 of p: odd")]
fn a_sample_fails() {
    let plugin = Plugin::new("p", "1", "d").account(|_| Ok(object! { "z": 1, "a": 2 })).event(|_| Err("odd".into()));
    run_cases(&Module::new(vec![plugin]), folder("sample", &[("a.json", GOOD)]));
}

#[test]
#[should_panic(expected = "sample 0 of p: the plugin does not implement event.sink/v1")]
fn a_sample_of_another_hook() {
    let sample = Sample::new(EVENT_SINK, &postern::EventInput::default());
    let plugin = Plugin::new("p", "1", "d").account(|_| Ok(object! { "z": 1, "a": 2 })).sample(sample);
    run_cases(&Module::new(vec![plugin]), folder("other", &[("a.json", GOOD)]));
}

#[test]
#[should_panic(expected = "has no cases")]
fn a_folder_without_cases() {
    run_cases(&module(), folder("empty", &[("a.txt", GOOD)]));
}

#[test]
#[should_panic(expected = "no such folder")]
fn no_folder() {
    run_cases(&module(), "no such folder");
}
