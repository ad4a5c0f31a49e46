//! The resources.

mod batch;
mod change;
mod dispatch;
mod pass;
mod undo;

use wsgiservice::Application;

use crate::runner::Runner;
pub(crate) use batch::Batch;
use dispatch::Dispatch;

pub(crate) fn mount(runner: &Runner, application: Application) -> Application {
    let dispatch = Dispatch::new(runner.clone());
    application
        .mount(Batch { dispatch: dispatch.clone() })
        .mount(undo::Undos { dispatch: dispatch.clone() })
        .mount(undo::Undo { dispatch: dispatch.clone() })
        .mount(change::Collection { dispatch: dispatch.clone() })
        .mount(change::Member { dispatch })
}
