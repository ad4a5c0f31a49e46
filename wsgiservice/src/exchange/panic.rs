//! A panic in a method ends only its request.
//!
//! The panic hook that the process has, for example that of an error tracker, is called as for any other panic. Only
//! that hook knows where a panic happened, so another one before it takes a note.

use std::{
    any::Any,
    cell::RefCell,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, Location, catch_unwind, set_hook, take_hook},
    pin::Pin,
    sync::Once,
    task::Poll,
};

thread_local! {
    /// Where the last panic on this thread happened.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// Polls a future to its end, or to its first panic, which is returned as an error with its message and its place.
pub(super) async fn caught<F: Future>(mut future: Pin<&mut F>) -> Result<F::Output, String> {
    HOOK.call_once(install);
    poll_fn(|context| {
        // An earlier panic that somebody else caught.
        PLACE.take();
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(payload) => Poll::Ready(Err(describe(&*payload))),
        }
    })
    .await
}

fn install() {
    let before = take_hook();
    set_hook(Box::new(move |info| {
        // Fails while the thread ends, when nobody asks for the place.
        let _ = PLACE.try_with(|place| place.replace(info.location().map(Location::to_string)));
        before(info);
    }));
}

fn describe(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let message = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = message.unwrap_or("no message");
    match PLACE.take() {
        Some(place) => format!("panicked at {place}: {message}"),
        None => format!("panicked: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use std::{panic::resume_unwind, pin::pin};

    use super::*;

    #[tokio::test]
    async fn the_place_of_an_earlier_panic_is_forgotten() {
        let panics = async || -> () { panic!("one") };
        let here = caught(pin!(panics())).await.expect_err("a panic");
        assert!(here.starts_with("panicked at ") && here.ends_with(": one"), "{here}");
        assert!(catch_unwind(|| panic!("two")).is_err());
        let resumes = async || -> () { resume_unwind(Box::new("three")) };
        assert_eq!(caught(pin!(resumes())).await, Err("panicked: three".to_owned()));
    }
}
