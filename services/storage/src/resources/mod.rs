//! The resources.

mod attachment;
mod bytes;
mod derived;
mod item;
mod json;

use database::data::Data;
use wsgiservice::Application;

pub(crate) use attachment::Attachment;
pub(crate) use derived::Derived;

use crate::files::Files;

pub(crate) fn mount(
    data: &Data,
    files: &Files,
    largest: u64,
    application: Application,
) -> Application {
    application
        .mount(item::Item { data: data.clone() })
        .mount(item::Items { data: data.clone() })
        .mount(Derived { data: data.clone() })
        .mount(Attachment { data: data.clone(), files: files.clone(), largest })
        .mount(bytes::BytesOfUser { data: data.clone() })
        .mount(bytes::BytesOfAttachment { data: data.clone(), files: files.clone() })
}
