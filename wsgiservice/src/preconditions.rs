//! The preconditions of conditional requests (RFC 9110, section 13).

use std::{
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use http::header;

use crate::{
    http::{
        date,
        entity_tag::{EntityTag, EntityTagList},
        incoming::Request,
        known_fields::KnownField,
    },
    problem::Problem,
    representation::Variant,
};

/// The preconditions of a request, which a method can take as an argument.
///
/// The framework evaluates them before it calls the method. Between that and the change, another request can change the
/// resource. So a method that changes it does so only if the state is still the one for which they are true:
///
/// - in one statement of its store, with the [`tag`](Self::tag) of that state:
///   `UPDATE … SET revision = revision + 1 WHERE id = ? AND revision = ifnull(?, revision)`. The method returns an `Option`, and `None`
///   if nothing was updated. That is a 412, or a 404 if the request has no preconditions;
/// - or in a transaction, in which no other request can intervene, and in which it [checks](Self::check) them again.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use wsgiservice::{Application, EntityTag, Preconditions, mount, resource, testing::Client};
///
/// #[mount("/counter")]
/// struct Counter(AtomicU64);
///
/// #[resource]
/// impl Counter {
///     fn etag(&self) -> Option<EntityTag> {
///         Some(EntityTag::strong(self.0.load(Ordering::Relaxed)))
///     }
///
///     fn put(&self, preconditions: Preconditions) -> Option<u64> {
///         let expected = match preconditions.tag() {
///             Some(tag) => tag.opaque().parse().ok()?,
///             None => self.0.load(Ordering::Relaxed),
///         };
///         self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| (now == expected).then_some(now + 1)).ok()
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("counter").mount(Counter(AtomicU64::new(7))));
/// assert_eq!(client.put("/counter").header("if-match", r#""7_json""#).send().await.status(), 200);
/// assert_eq!(client.put("/counter").header("if-match", r#""7_json""#).send().await.status(), 412);
/// # }
/// ```
///
/// In a transaction:
///
/// ```
/// use wsgiservice::{Application, EntityTag, NoContent, Preconditions, Problem, mount, resource, testing::Client};
///
/// #[mount("/document")]
/// struct Document;
///
/// #[resource]
/// impl Document {
///     fn etag(&self) -> Option<EntityTag> {
///         Some(EntityTag::strong(7))
///     }
///
///     fn delete(&self, preconditions: Preconditions) -> Result<NoContent, Problem> {
///         // in the transaction:
///         preconditions.check(Some(&EntityTag::strong(8)), None)?;
///         Ok(NoContent)
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("store").mount(Document));
/// let response = client.delete("/document").header("if-match", r#""7_json""#).send().await;
/// assert_eq!(response.status(), 412); // modified since the client read it
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Preconditions(Option<Arc<Stated>>);

/// The preconditions of a request, behind a pointer because most requests have none.
#[derive(Clone, Debug)]
struct Stated {
    if_match: Option<Condition>,
    if_none_match: Option<Condition>,
    if_modified_since: Option<SystemTime>,
    if_unmodified_since: Option<SystemTime>,
    variants: Vec<Variant>,
    retrieves: bool,
    /// The tag of the state for which they are true.
    etag: OnceLock<EntityTag>,
    /// Set if the method alone evaluates them.
    deferred: OnceLock<()>,
}

/// The validators of the current state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Validators {
    /// Whether the resource has a representation; `None` if nothing told.
    pub(crate) exists: Option<bool>,
    /// The entity tag of the resource, without the suffix of a representation.
    pub(crate) etag: Option<EntityTag>,
    /// In whole seconds, and never in the future.
    pub(crate) last_modified: Option<SystemTime>,
}

impl Validators {
    /// Whether there is an entity tag or a time.
    pub(crate) fn has_any(&self) -> bool {
        self.etag.is_some() || self.last_modified.is_some()
    }
}

#[derive(Clone, Debug)]
enum Condition {
    Tags(EntityTagList),
    Malformed,
}

/// The result of evaluating preconditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evaluation {
    /// The request proceeds.
    Proceed,
    /// The client has the current representation: 304.
    NotModified,
    /// The request must not proceed: 412.
    Failed,
}

impl Preconditions {
    /// Reads the preconditions of a request, to compare with the tags of these variants.
    ///
    /// A `GET` or a `HEAD` is about the selected representation. A method that modifies the resource accepts the tag of any
    /// representation, because each identifies the state that the client has seen.
    pub(crate) fn of(
        request: &Request,
        selected: impl FnOnce() -> Vec<Variant>,
        all: impl FnOnce() -> Vec<Variant>,
    ) -> Self {
        if !request.has(KnownField::Precondition) {
            return Self::default();
        }
        let fields = request.fields();
        let retrieves = request.retrieves();
        let if_match = tags(request, &header::IF_MATCH);
        let if_none_match = tags(request, &header::IF_NONE_MATCH);
        let stated = Stated {
            if_modified_since: (if_none_match.is_none() && retrieves)
                .then(|| date::parse(fields.get_all(header::IF_MODIFIED_SINCE).iter()))
                .flatten(),
            if_unmodified_since: if_match
                .is_none()
                .then(|| date::parse(fields.get_all(header::IF_UNMODIFIED_SINCE).iter()))
                .flatten(),
            if_match,
            if_none_match,
            variants: if retrieves { selected() } else { all() },
            retrieves,
            etag: OnceLock::new(),
            deferred: OnceLock::new(),
        };
        Self(stated.is_any().then(|| Arc::new(stated)))
    }

    /// Checks the preconditions against the current state of the resource.
    ///
    /// `etag` is the tag that the hook `etag` would return. If the resource does not exist, both arguments are `None`.
    ///
    /// # Errors
    /// A 412 if a precondition is false.
    pub fn check(
        &self,
        etag: Option<&EntityTag>,
        last_modified: Option<SystemTime>,
    ) -> Result<(), Problem> {
        let validators = Validators {
            exists: Some(etag.is_some() || last_modified.is_some()),
            etag: etag.cloned(),
            last_modified: last_modified.map(date::whole_seconds),
        };
        let evaluation = self.0.as_ref().map(|stated| stated.evaluate(&validators));
        match evaluation {
            Some(Evaluation::Failed) => Err(self.refusal()),
            Some(Evaluation::Proceed | Evaluation::NotModified) | None => Ok(()),
        }
    }

    /// Creates the 412 for preconditions that are false.
    #[cold]
    pub(crate) fn refusal(&self) -> Problem {
        let problem = Problem::precondition_failed();
        match &self.0 {
            Some(stated) => problem.detail(stated.reason()),
            None => problem,
        }
    }

    /// Returns the tag of the state for which they are true, as the hook `etag` returned it; `None` if the request has none, or if
    /// they are about any state, as `If-Match: *` is.
    ///
    /// A method that changes the resource only if it still has this tag loses no update.
    #[must_use]
    pub fn tag(&self) -> Option<&EntityTag> {
        self.0.as_ref()?.etag.get()
    }

    /// Leaves them to the method alone, which [checks](Self::check) them. Only the hook `admit` can say so.
    ///
    /// That is for a method that reads a stream and has an [`IdempotencyKey`](crate::IdempotencyKey): whether it is a request
    /// that comes again, with a stale `If-Match`, is known only when its content was read.
    ///
    #[cfg_attr(feature = "idempotency", doc = "```")]
    #[cfg_attr(not(feature = "idempotency"), doc = "```ignore")]
    /// use wsgiservice::{
    ///     Application, EntityTag, IdempotencyKey, Preconditions, Problem, content::ContentStream, http::Response,
    ///     mount, resource, testing::Client,
    /// };
    ///
    /// #[mount("/upload")]
    /// struct Upload;
    ///
    /// #[resource]
    /// impl Upload {
    ///     fn admit(&self, key: Option<IdempotencyKey>, preconditions: Preconditions) -> Option<Response<String>> {
    ///         if key.is_some_and(|key| key.key() == "known") {
    ///             preconditions.defer();
    ///         }
    ///         None
    ///     }
    ///
    ///     fn etag(&self) -> Option<EntityTag> {
    ///         Some(EntityTag::strong(8))
    ///     }
    ///
    ///     async fn put(&self, _content: ContentStream, preconditions: Preconditions) -> Result<&str, Problem> {
    ///         // with a known key, the content is compared with that of the first request, and else:
    ///         preconditions.check(Some(&EntityTag::strong(8)), None).map(|()| "stored").or(Ok("as before"))
    ///     }
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = Client::new(Application::new("uploads").mount(Upload));
    /// let put = |key| client.put("/upload").header("if-match", "\"7\"").header("idempotency-key", key).body("x");
    /// assert_eq!(put("other").send().await.status(), 412);
    /// assert_eq!(put("known").send().await.json::<String>(), "as before");
    /// # }
    /// ```
    pub fn defer(&self) {
        if let Some(stated) = &self.0 {
            let _ = stated.deferred.set(());
        }
    }

    /// Notes the state for which they are true, before the method is called.
    pub(crate) fn note(&self, validators: &Validators) {
        if let Some(stated) = self.0.as_deref().filter(|stated| stated.are_about_a_state())
            && let Some(etag) = &validators.etag
        {
            let _ = stated.etag.set(etag.clone());
        }
    }

    /// Returns whether the request has preconditions. A method that must not overwrite what its client has not seen refuses a
    /// request without them by a 428 (RFC 6585, section 3).
    ///
    /// `If-Match: *` and `If-None-Match` are preconditions, too. `If-Modified-Since` is one only of a `GET`.
    ///
    /// ```
    /// use wsgiservice::{
    ///     EntityTag, NoContent, Preconditions, Problem, http::StatusCode, mount, resource, testing::Client,
    ///     Application,
    /// };
    ///
    /// #[derive(Debug, thiserror::Error, Problem)]
    /// enum Failure {
    ///     /// The request does not state `If-Match`.
    ///     #[error("State the entity tag of what you have read in If-Match.")]
    ///     #[problem(428)]
    ///     Unconditional,
    ///     #[error(transparent)]
    ///     #[problem(transparent)]
    ///     Other(#[from] Problem),
    /// }
    ///
    /// #[mount("/document")]
    /// struct Document;
    ///
    /// #[resource]
    /// impl Document {
    ///     fn etag(&self) -> Option<EntityTag> {
    ///         Some(EntityTag::strong(7))
    ///     }
    ///
    ///     fn delete(&self, preconditions: Preconditions) -> Result<NoContent, Failure> {
    ///         if !preconditions.is_stated() {
    ///             return Err(Failure::Unconditional);
    ///         }
    ///         preconditions.check(Some(&EntityTag::strong(7)), None)?;
    ///         Ok(NoContent)
    ///     }
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = Client::new(Application::new("store").mount(Document));
    /// let response = client.delete("/document").send().await;
    /// assert_eq!(response.status(), StatusCode::PRECONDITION_REQUIRED);
    /// let response = client.delete("/document").header("if-match", "\"7_json\"").send().await;
    /// assert_eq!(response.status(), 204);
    /// # }
    /// ```
    #[must_use]
    pub fn is_stated(&self) -> bool {
        self.0.is_some()
    }

    /// Whether they are about the existence of the resource: `*`.
    pub(crate) fn ask_existence(&self) -> bool {
        self.0.as_ref().is_some_and(|stated| stated.ask_existence())
    }

    /// Evaluates the preconditions before the method is called, unless that was left to the method.
    pub(crate) fn evaluate(&self, validators: &Validators) -> Evaluation {
        let stated = self.0.as_ref().filter(|stated| !stated.is_deferred());
        stated.map_or(Evaluation::Proceed, |stated| stated.evaluate(validators))
    }

    /// Whether they state a tag that this variant can have.
    pub(crate) fn mentions(&self, variant: Variant) -> bool {
        self.0.as_ref().is_some_and(|stated| stated.mentions(variant))
    }

    /// Returns whether a precondition mentions the current tag.
    pub(crate) fn matches_current(&self, validators: &Validators) -> bool {
        self.0.as_ref().is_some_and(|stated| stated.matches_current(validators))
    }
}

impl Stated {
    /// Why the request is refused, if they are false.
    fn reason(&self) -> String {
        if let Some(Condition::Malformed) = self.if_match {
            return "If-Match must be `*` or a list of entity tags in double quotes, as they are in ETag."
                .to_owned();
        }
        let fields = [
            ("If-Match", self.if_match.is_some()),
            ("If-None-Match", self.if_none_match.is_some() && !self.retrieves),
            ("If-Unmodified-Since", self.if_unmodified_since.is_some()),
        ];
        let stated: Vec<_> =
            fields.into_iter().filter_map(|(name, is_stated)| is_stated.then_some(name)).collect();
        format!("The current state of the resource does not satisfy {}.", stated.join(" and "))
    }

    fn is_any(&self) -> bool {
        self.if_match.is_some()
            || self.if_none_match.is_some()
            || self.if_modified_since.is_some()
            || self.if_unmodified_since.is_some()
    }

    /// Whether a change of the resource could make them false, and they are not only about whether it exists.
    fn are_about_a_state(&self) -> bool {
        let is_of_tags = |condition: &Option<Condition>| {
            matches!(condition, Some(Condition::Tags(EntityTagList::Tags(_))))
        };
        !self.retrieves
            && !self.is_deferred()
            && (is_of_tags(&self.if_match)
                || is_of_tags(&self.if_none_match)
                || self.if_unmodified_since.is_some())
    }

    /// Whether the method alone evaluates them.
    fn is_deferred(&self) -> bool {
        self.deferred.get().is_some()
    }

    fn ask_existence(&self) -> bool {
        let mut conditions = [&self.if_match, &self.if_none_match].into_iter().flatten();
        conditions.any(|condition| matches!(condition, Condition::Tags(EntityTagList::Any)))
    }

    /// Evaluates them in the order of section 13.2.2.
    fn evaluate(&self, validators: &Validators) -> Evaluation {
        let may_proceed = match (&self.if_match, self.if_unmodified_since) {
            (Some(condition), _) => self.matches(condition, validators, EntityTag::strong_eq),
            (None, Some(date)) => validators.last_modified.is_none_or(|modified| modified <= date),
            (None, None) => true,
        };
        if !may_proceed {
            return Evaluation::Failed;
        }
        let has_current = match (&self.if_none_match, self.if_modified_since) {
            (Some(condition), _) => {
                !matches!(condition, Condition::Malformed)
                    && self.matches(condition, validators, EntityTag::weak_eq)
            }
            (None, Some(date)) => validators.last_modified.is_some_and(|modified| modified <= date),
            (None, None) => false,
        };
        match (has_current, self.retrieves) {
            (false, _) => Evaluation::Proceed,
            (true, true) => Evaluation::NotModified,
            (true, false) => Evaluation::Failed,
        }
    }

    fn matches(
        &self,
        condition: &Condition,
        validators: &Validators,
        equal: fn(&EntityTag, &EntityTag) -> bool,
    ) -> bool {
        let tags = match condition {
            Condition::Malformed => return false,
            Condition::Tags(EntityTagList::Any) => return validators.exists == Some(true),
            Condition::Tags(EntityTagList::Tags(tags)) => tags,
        };
        let Some(etag) = &validators.etag else { return false };
        self.variants.iter().any(|variant| is_among(etag, *variant, tags, equal))
    }

    fn matches_current(&self, validators: &Validators) -> bool {
        let mut conditions = [&self.if_match, &self.if_none_match].into_iter().flatten();
        conditions.any(|condition| self.matches(condition, validators, EntityTag::weak_eq))
    }

    fn mentions(&self, variant: Variant) -> bool {
        let conditions = [&self.if_match, &self.if_none_match];
        conditions.into_iter().flatten().any(|condition| match condition {
            Condition::Tags(EntityTagList::Tags(tags)) => {
                tags.iter().any(|tag| variant.can_have(tag))
            }
            Condition::Tags(EntityTagList::Any) | Condition::Malformed => false,
        })
    }
}

/// Whether the tag of this variant is among these.
fn is_among(
    etag: &EntityTag,
    variant: Variant,
    tags: &[EntityTag],
    equal: fn(&EntityTag, &EntityTag) -> bool,
) -> bool {
    let own = variant.tag(etag);
    tags.iter().any(|tag| equal(tag, &own))
}

fn tags(request: &Request, name: &header::HeaderName) -> Option<Condition> {
    let parsed = EntityTagList::parse(request.fields().get_all(name).iter())?;
    Some(parsed.map_or(Condition::Malformed, Condition::Tags))
}
