use std::cell::RefCell;
use std::collections::VecDeque;
use std::thread;

use super::difference::{difference, normal_request};
use crate::{HostCall, Value};

thread_local! {
    static PLAYED: RefCell<Option<Played>> = const { RefCell::new(None) };
}

struct Played {
    left: VecDeque<HostCall>,
    made: usize,
    log: Vec<String>,
}

/// Plays these calls to the plugin code of this thread, in their order, until the
/// returned value is dropped. The capability functions then answer what is written
/// in them.
///
/// # Panics
///
/// If it is called while others are played. While they are played: if the plugin
/// makes another call than the next. At the end: if calls are left.
#[must_use = "the calls are played until this is dropped"]
pub fn play(calls: Vec<HostCall>) -> Playing {
    PLAYED.with(|played| {
        let before = played.borrow_mut().replace(Played { left: calls.into(), made: 0, log: Vec::new() });
        assert!(before.is_none(), "other calls are being played");
    });
    Playing(())
}

/// Calls that are [played](play).
#[derive(Debug)]
pub struct Playing(());

impl Playing {
    /// The lines that the plugin has logged so far.
    pub fn log(&self) -> Vec<String> {
        PLAYED.with(|played| played.borrow().as_ref().map(|played| played.log.clone()).unwrap_or_default())
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        let left = PLAYED.with(|played| played.borrow_mut().take()).map_or(0, |played| played.left.len());
        if left > 0 && !thread::panicking() {
            panic!("{left} of the calls that are played were not made");
        }
    }
}

/// Keeps a line for [`Playing::log`], or writes it to standard error.
pub(crate) fn log(line: &str) {
    PLAYED.with(|played| match played.borrow_mut().as_mut() {
        Some(played) => played.log.push(line.into()),
        None => eprintln!("{line}"),
    })
}

/// The answer to a call of the plugin.
pub(crate) fn answer(capability: &str, request: Value) -> Vec<u8> {
    PLAYED.with(|played| {
        let mut played = played.borrow_mut();
        let played = played
            .as_mut()
            .unwrap_or_else(|| panic!("{capability} is called, and no calls are played (postern::testing::play)"));
        played.made += 1;
        let call =
            played.left.pop_front().unwrap_or_else(|| panic!("call {}: {capability}, after the last", played.made));
        if call.capability != capability {
            panic!("call {}: {capability}, where {} is played", played.made, call.capability);
        }
        let (want, got) = (normal_request(capability, call.request), normal_request(capability, request));
        if let Some(wrong) = difference(&want, &got) {
            panic!("call {}: {capability}: the request {wrong}", played.made);
        }
        call.answer.to_json().into_bytes()
    })
}
