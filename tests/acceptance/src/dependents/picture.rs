//! A picture of each item, which is attached to it. The item itself does not change by that.

use wsgiservice::{Application, Content, NoContent, Problem, mount, resource};
use wsgiservice_client::{RestClient, path};

use super::Changed;

/// Listens to items.
#[mount("/1/picture_event")]
struct Event {
    client: RestClient,
}

pub(super) fn mount(application: Application, client: &RestClient) -> Application {
    application.mount(Event { client: client.clone() })
}

#[resource]
impl Event {
    async fn post(&self, changed: Content<Changed>) -> Result<NoContent, Problem> {
        let changed = changed.into_inner();
        if changed.gone {
            return Ok(NoContent);
        }
        let (user, id) = changed.row()?;
        let call = self.client.put("storage", user, path!("/1/attachment/{user}/{id}/picture"));
        let call = call.header("if-none-match", "*").header("content-type", "text/plain");
        let response = call.body("a picture").await.map_err(Problem::internal)?;
        match response.status().as_u16() {
            // There is one, or no item any more.
            200 | 201 | 404 | 410 | 412 => Ok(NoContent),
            status => Err(Problem::internal(format!("storage responds with {status}"))),
        }
    }
}
