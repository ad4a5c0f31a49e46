//! What a service allows a client to use.

/// What a client may use: the time, the room and the work of a request and of a connection.
///
/// The defaults are right for most services. [`Application::limits`](crate::Application::limits) sets others, and
/// `#[limit]` those of a resource or a method.
///
/// ```
/// use wsgiservice::server::Limits;
///
/// let mut limits = Limits::default();
/// assert_eq!(limits.content, 2 << 20);
/// limits.content = 10 << 20;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The size of the content of a request, in bytes, before and after it is decoded; more gets a 413. Default: 2 MiB.
    /// `#[limit(content = …)]` sets another one for a resource or a method.
    pub content: usize,
    /// The size of the head of a request, in bytes; more gets a 431. Default: 32 KiB.
    pub head: usize,
    /// The length of the target of a request, in bytes; more gets a 414. Default: 8 KiB.
    pub target: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { content: 2 << 20, head: 32 << 10, target: 8 << 10 }
    }
}
