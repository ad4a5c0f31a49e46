//! What an application knows of where it runs: who may reach it, and under which names and paths.

use super::Application;
use crate::http::network::Network;

impl Application {
    /// Sets the networks whose clients may read the documentation at `/_internal/`, and whose `X-Forwarded-Prefix` is
    /// believed; without this, only this host.
    ///
    /// Those of the settings, if there are any, replace them. A client whose request has no
    /// [peer address](crate::Request::peer) is not trusted. What a proxy forwards is not trusted without this: a proxy on
    /// this host would open the documentation to everybody. With this, the proxy and all clients that it names must be in the
    /// networks. With an empty list, nobody is trusted.
    pub fn trusted(mut self, networks: impl IntoIterator<Item = Network>) -> Self {
        self.trusted = Some(networks.into_iter().collect());
        self
    }

    /// Sets the names by which clients reach the application, if it listens on a loopback address.
    ///
    /// There, a request gets a 421 if its `Host` is another name than these, `localhost` and the name of the application;
    /// addresses are allowed. Otherwise a page of another site could make a name of its own lead to this host, and use the
    /// service with the browser of somebody here (DNS rebinding). A proxy on this host that passes on the `Host` of its
    /// clients needs this. Those of the settings, if there are any, replace them.
    pub fn hosts(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.hosts = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the path at which clients see the application, if a host or a proxy removes it from their targets.
    ///
    /// The paths of resources, `Location`, the `instance` of problems and the documentation then begin with it. A proxy
    /// that sends `X-Forwarded-Prefix` from a [trusted](Self::trusted) network needs no setting. Without either, a
    /// relative location is still right within a host: it stays relative. A nested application has the base of the
    /// outermost one.
    ///
    /// ```
    /// # use wsgiservice::{Application, Created, mount, resource, testing::Client};
    /// #[mount("/notes/{id}")]
    /// struct Note;
    ///
    /// #[resource]
    /// impl Note {
    ///     fn put(&self, id: u32) -> Created<u32> {
    ///         Created::at(Note::path(id), id)
    ///     }
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = Client::new(Application::new("notes").mount(Note).base("/api"));
    /// let created = client.put("/notes/7").send().await; // for the client, `/api/notes/7`
    /// assert_eq!(created.field("location"), Some("/api/notes/7"));
    /// # }
    /// ```
    pub fn base(mut self, path: impl Into<String>) -> Self {
        self.base = Some(path.into());
        self
    }

    /// Sets the cluster that the application is in, which each response names in `X-Cluster`.
    ///
    /// Users of several clusters are held by one of them. A method that is asked for a user of another cluster returns a 421
    /// with an `X-Cluster` of its own, and a client that knows clusters follows it.
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource, testing::Client};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping {
    /// #     fn get(&self) -> &'static str { "pong" }
    /// # }
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = Client::new(Application::new("ping").mount(Ping).cluster("c1"));
    /// let response = client.get("/ping").send().await;
    /// assert_eq!(response.field("x-cluster"), Some("c1"));
    /// # }
    /// ```
    pub fn cluster(mut self, name: impl Into<String>) -> Self {
        self.cluster = Some(name.into());
        self
    }
}
