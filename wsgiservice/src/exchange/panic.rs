//! A panic in a method is the end of its request alone.
//!
//! Where a panic happened is known to the panic hook only, so one is put before whatever hook there is; outside of a
//! request it does nothing but call that.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook},
    pin::Pin,
    sync::Once,
    task::Poll,
};

thread_local! {
    static IN_EXCHANGE: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// Polls to the end, or to the first panic, whose message and place are the error.
pub(crate) async fn caught<F: Future>(mut future: Pin<&mut F>) -> Result<F::Output, String> {
    HOOK.call_once(install);
    poll_fn(|context| {
        let before = IN_EXCHANGE.replace(true);
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        IN_EXCHANGE.set(before);
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(_) => Poll::Ready(Err(LAST.take().unwrap_or_else(|| "panicked".to_owned()))),
        }
    })
    .await
}

fn install() {
    let before = take_hook();
    set_hook(Box::new(move |info| {
        if IN_EXCHANGE.get() {
            LAST.set(Some(describe(info)));
        } else {
            before(info);
        }
    }));
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let message = info.payload_as_str().unwrap_or("no message");
    match info.location() {
        Some(place) => format!("panicked at {place}: {message}"),
        None => format!("panicked: {message}"),
    }
}
