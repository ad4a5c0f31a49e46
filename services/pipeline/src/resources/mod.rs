//! The resources.

mod dead;
mod listener;
mod message;
mod topic;

use wsgiservice::{Application, Parameter};

pub(crate) use self::{
    dead::{Dead, Retry},
    listener::Listener,
    message::Message,
    topic::{Topic, TopicOfUser},
};
use crate::dispatcher::Dispatcher;

/// The name of a listener or of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Parameter)]
#[validate(re = "[0-9A-Za-z_-]+", len = 1..=64, example = "mail")]
pub(crate) struct Label(String);

pub(crate) fn mount(
    dispatcher: &Dispatcher,
    largest: u64,
    application: Application,
) -> Application {
    let spool = dispatcher.spool();
    application
        .mount(Topic { dispatcher: dispatcher.clone(), largest })
        .mount(TopicOfUser { dispatcher: dispatcher.clone(), largest })
        .mount(Message { spool: spool.clone() })
        .mount(listener::Listeners { spool: spool.clone() })
        .mount(Listener { dispatcher: dispatcher.clone() })
        .mount(dead::DeadDeliveries { spool: spool.clone() })
        .mount(Dead { spool: spool.clone() })
        .mount(Retry { dispatcher: dispatcher.clone() })
}
