//! Resources that `scripts/attack` sends hostile content to.

use serde_json::Value;
use wsgiservice::{Application, Content, bytes::Bytes, content::FormStream, mount, resource};

/// Any value, which is returned.
#[mount("/attacked/value", representations = [json, xml])]
struct Anything;

#[resource]
impl Anything {
    fn post(&self, content: Content<Value>) -> Value {
        content.into_inner()
    }
}

/// A list of numbers, which is returned.
#[mount("/attacked/numbers", representations = [json, xml])]
struct Numbers;

#[resource]
impl Numbers {
    fn post(&self, content: Content<Vec<u64>>) -> Vec<u64> {
        content.into_inner()
    }
}

/// A text, which is returned.
#[mount("/attacked/text", representations = [json, xml])]
struct Text;

#[resource]
impl Text {
    fn post(&self, content: Content<String>) -> String {
        content.into_inner()
    }
}

/// A list of parameters.
#[mount("/attacked/parameters")]
struct Parameters;

#[resource]
impl Parameters {
    fn post(&self, item: Vec<String>) -> usize {
        item.len()
    }
}

/// The number of bytes of the content.
#[mount("/attacked/bytes")]
struct Size;

#[resource]
impl Size {
    fn post(&self, content: Bytes) -> usize {
        content.len()
    }
}

/// The number of parts of a form.
#[mount("/attacked/parts")]
struct Parts;

#[resource]
impl Parts {
    async fn post(&self, mut form: FormStream) -> Result<usize, wsgiservice::Problem> {
        let mut count = 0;
        while form.next().await?.is_some() {
            count += 1;
        }
        Ok(count)
    }
}

/// Mounts them.
pub(crate) fn mount_all(application: Application) -> Application {
    let application = application.mount(Anything).mount(Numbers).mount(Text);
    application.mount(Parameters).mount(Size).mount(Parts)
}
