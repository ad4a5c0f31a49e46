//! A panic in a method ends only its request.
//!
//! Only a panic hook is told the location. So we install one that records it and calls the previous hook, for example
//! that of an error tracker.

use std::{
    any::Any,
    cell::RefCell,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
    pin::Pin,
    sync::Once,
    task::{Context, Poll},
};

thread_local! {
    /// The last panic on this thread.
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// What a panic hook is told of a panic.
struct Panic {
    message: String,
    location: String,
}

/// Polls a future to its end, or to its first panic, which is returned as an error with its message and its location.
/// While it waits, `early` can end it, too.
pub(crate) async fn caught<F: Future>(
    mut future: Pin<&mut F>,
    mut early: impl FnMut(&mut Context<'_>) -> Poll<F::Output>,
) -> Result<F::Output, String> {
    HOOK.call_once(install);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Pending) => early(context).map(Ok),
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(payload) => Poll::Ready(Err(describe(&*payload))),
    })
    .await
}

fn install() {
    let before = take_hook();
    set_hook(Box::new(move |info| {
        let panic = info.location().map(|location| Panic {
            message: message(info.payload()).to_owned(),
            location: location.to_string(),
        });
        // This fails only while the thread ends, when no exchange runs.
        let _ = LAST.try_with(|last| last.replace(panic));
        before(info);
    }));
}

/// Describes a panic. The last panic on the thread can be another one, if this one was resumed without the hook.
fn describe(payload: &(dyn Any + Send)) -> String {
    let message = message(payload);
    match LAST.take().filter(|last| last.message == message) {
        Some(Panic { location, .. }) => format!("panicked at {location}: {message}"),
        None => format!("panicked: {message}"),
    }
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::{panic::resume_unwind, pin::pin};

    use super::*;

    #[tokio::test]
    async fn the_location_is_not_that_of_an_earlier_panic() {
        let panics = async || -> () { panic!("one") };
        let here = caught(pin!(panics()), |_| Poll::Pending).await.expect_err("a panic");
        assert!(here.starts_with("panicked at ") && here.ends_with(": one"), "{here}");
        assert!(catch_unwind(|| panic!("two")).is_err());
        let resumes = async || -> () { resume_unwind(Box::new("three")) };
        assert_eq!(
            caught(pin!(resumes()), |_| Poll::Pending).await,
            Err("panicked: three".to_owned())
        );
    }
}
