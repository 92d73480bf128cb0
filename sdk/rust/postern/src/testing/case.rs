use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use super::difference::{difference, normal_output};
use super::play;
use crate::{message, HostCall, Message, Module, Sample, Value, ACCOUNT_SHAPE};

message! {
    /// A test case, as `postern plugin test` reads it too.
    struct Case {
        name: String,
        plugin: String,
        hook: String,
        input: Value,
        calls: Vec<HostCall>,
        output: Option<Value>,
        output_text: Option<String>,
        fails: Option<String>,
    }
}

/// Runs every test case of a folder, `*.json`, and the samples of the manifests, as
/// `postern plugin test` does in the sandbox. A relative folder is one of the package
/// that is tested. A plugin that panics fails the case.
///
/// # Panics
///
/// If a case fails or is none, or if there is none: with the reasons of all.
pub fn run_cases(module: &Module, folder: impl AsRef<Path>) {
    let folder = folder.as_ref();
    let mut files = case_files(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    assert!(!files.is_empty(), "{} has no cases", folder.display());
    files.sort();
    let mut failed: Vec<String> = files.iter().filter_map(|file| run_file(module, file).err()).collect();
    failed.extend(run_samples(module));
    if !failed.is_empty() {
        panic!("{} cases or samples fail:\n{}", failed.len(), failed.join("\n"));
    }
}

/// Says of each sample that fails why.
fn run_samples(module: &Module) -> Vec<String> {
    let mut failed = Vec::new();
    for (plugin, manifest) in module.manifests().into_iter().enumerate() {
        for (number, sample) in manifest.samples.iter().enumerate() {
            if let Err(wrong) = run_sample(module, plugin, &manifest.hooks, sample) {
                failed.push(format!("sample {number} of {}: {wrong}", manifest.id));
            }
        }
    }
    failed
}

fn run_sample(module: &Module, plugin: usize, hooks: &[String], sample: &Sample) -> Result<(), String> {
    let hook = hooks.iter().position(|hook| *hook == sample.hook);
    let hook = hook.ok_or_else(|| format!("the plugin does not implement {}", sample.hook))?;
    let output = run(module, plugin, hook, &sample.input, &sample.calls)??;
    output.parse().map_err(|wrong| format!("the output is no JSON: {wrong}")).map(|_: Value| ())
}

fn case_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().map_or(false, |extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(files)
}

fn run_file(module: &Module, file: &Path) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|wrong| wrong.to_string());
    text.and_then(|text| check_case(module, &text)).map_err(|wrong| format!("{}: {wrong}", file.display()))
}

/// Runs one test case; says what is wrong with the plugin, or with the case.
pub fn check_case(module: &Module, text: &str) -> Result<(), String> {
    let value = text.parse::<Value>().map_err(|wrong| wrong.to_string())?;
    let case = Case::from_value_strict(value).map_err(|wrong| wrong.to_string())?;
    let wanted = usize::from(case.output.is_some())
        + usize::from(case.output_text.is_some())
        + usize::from(case.fails.is_some());
    if case.name.is_empty() {
        return Err("the case must have a name".into());
    }
    if wanted != 1 {
        return Err("the case must have one of output, output_text and fails".into());
    }
    let named = |what: String| format!("{}: {what}", case.name);
    let (plugin, hook) = find(module, &case).map_err(named)?;
    let result = run(module, plugin, hook, &case.input, &case.calls).map_err(named)?;
    compare(&case, result).map_err(named)
}

/// The positions of the plugin and of its hook.
fn find(module: &Module, case: &Case) -> Result<(usize, usize), String> {
    let manifests = module.manifests();
    let plugin = match case.plugin.as_str() {
        "" if manifests.len() == 1 => 0,
        "" => return Err("the module has several plugins: the case must name one".into()),
        id => manifests.iter().position(|m| m.id == id).ok_or_else(|| format!("the module has no plugin {id}"))?,
    };
    let hook = manifests[plugin].hooks.iter().position(|name| *name == case.hook);
    Ok((plugin, hook.ok_or_else(|| format!("the plugin does not implement {}", case.hook))?))
}

/// The output or why the plugin failed; an error if it panicked or called the host
/// otherwise than is written down.
fn run(
    module: &Module,
    plugin: usize,
    hook: usize,
    input: &Value,
    calls: &[HostCall],
) -> Result<Result<String, String>, String> {
    let played = panic::catch_unwind(AssertUnwindSafe(|| {
        let playing = play(calls.to_vec());
        let result = module.call(plugin, hook, input.to_json().as_bytes()).map_err(|reason| reason.to_string());
        drop(playing);
        result
    }));
    played.map_err(|panicked| {
        let text = panicked.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panicked.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        text.into()
    })
}

fn compare(case: &Case, result: Result<String, String>) -> Result<(), String> {
    let output = match (result, &case.fails) {
        (Err(reason), Some(part)) if reason.contains(part.as_str()) => return Ok(()),
        (Err(reason), Some(part)) => return Err(format!("it fails with {reason:?}, not with {part:?}")),
        (Err(reason), None) => return Err(format!("it fails with {reason:?}")),
        (Ok(output), Some(part)) => return Err(format!("it gives {output}, and should fail with {part:?}")),
        (Ok(output), None) => output,
    };
    if let Some(want) = &case.output_text {
        if case.hook != ACCOUNT_SHAPE {
            return Err("output_text is for account.shape/v1 alone".into());
        }
        return if output == *want { Ok(()) } else { Err(format!("the output is\n{output}\nnot\n{want}")) };
    }
    let want = case.output.clone().unwrap_or_default();
    let want = normal_output(&case.hook, want).map_err(|wrong| format!("output of the case: {wrong}"))?;
    let got = output.parse().map_err(|wrong| format!("the output is no JSON: {wrong}"))?;
    match difference(&want, &normal_output(&case.hook, got)?) {
        Some(wrong) => Err(format!("the output {wrong}")),
        None => Ok(()),
    }
}
