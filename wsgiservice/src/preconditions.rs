//! Conditional requests (RFC 9110, section 13): do its preconditions let a request proceed?

use std::{borrow::Cow, time::SystemTime};

use http::header;

use crate::{
    http::{
        date,
        entity_tag::{EntityTag, EntityTagList},
        known_fields::KnownField,
        request::Request,
    },
    problem::Problem,
};

/// The preconditions of a request, which a method can take as an argument.
///
/// The framework evaluates them before it calls the method; a method that changes something repeats that where
/// nobody can come between, in its store's transaction.
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
///         // within the transaction:
///         preconditions.check(Some(&EntityTag::strong(8)), None)?;
///         Ok(NoContent)
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("store").mount(Document));
/// let response = client.delete("/document").header("if-match", r#""7_json""#).send().await;
/// assert_eq!(response.status(), 412); // somebody was faster
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Preconditions(Option<Box<Stated>>);

/// The preconditions that a request states; most state none.
#[derive(Clone, Debug)]
struct Stated {
    if_match: Option<Condition>,
    if_none_match: Option<Condition>,
    if_modified_since: Option<SystemTime>,
    if_unmodified_since: Option<SystemTime>,
    suffixes: Vec<Cow<'static, str>>,
    retrieves: bool,
}

/// What is known of the present state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Validators {
    /// Whether there is a representation at all.
    pub(crate) exists: bool,
    /// The entity tag of the resource, not yet made distinct per representation.
    pub(crate) etag: Option<EntityTag>,
    /// In whole seconds, and never in the future.
    pub(crate) last_modified: Option<SystemTime>,
}

#[derive(Clone, Debug)]
enum Condition {
    Tags(EntityTagList),
    Malformed,
}

/// What the preconditions say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evaluation {
    /// The request proceeds.
    Proceed,
    /// The client has what it asks for: 304.
    NotModified,
    /// The request must not proceed: 412.
    Failed,
}

impl Preconditions {
    /// The preconditions of a request, on representations whose tags end in these suffixes.
    ///
    /// A `GET` or a `HEAD` asks about the representation that was selected. For what changes a resource, the tag of
    /// any of its representations says which state the client has seen.
    pub(crate) fn of(
        request: &Request,
        selected: impl FnOnce() -> Vec<Cow<'static, str>>,
        all: impl FnOnce() -> Vec<Cow<'static, str>>,
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
            suffixes: if retrieves { selected() } else { all() },
            retrieves,
        };
        Self(stated.is_any().then(|| Box::new(stated)))
    }

    /// Holds the preconditions against the present state: its entity tag, as the hook `etag` gives it, and when it
    /// was modified; neither of what does not exist.
    ///
    /// # Errors
    /// A 412 where a precondition does not hold.
    pub fn check(
        &self,
        etag: Option<&EntityTag>,
        last_modified: Option<SystemTime>,
    ) -> Result<(), Problem> {
        let validators = Validators {
            exists: etag.is_some() || last_modified.is_some(),
            etag: etag.cloned(),
            last_modified: last_modified.map(date::whole_seconds),
        };
        match self.evaluate(&validators) {
            Evaluation::Failed => Err(Problem::precondition_failed()),
            Evaluation::Proceed | Evaluation::NotModified => Ok(()),
        }
    }

    /// Whether there are any.
    pub(crate) fn is_stated(&self) -> bool {
        self.0.is_some()
    }

    /// Section 13.2.2's order exactly.
    pub(crate) fn evaluate(&self, validators: &Validators) -> Evaluation {
        self.0.as_ref().map_or(Evaluation::Proceed, |stated| stated.evaluate(validators))
    }

    /// Whether they name a tag with this suffix.
    pub(crate) fn mentions_suffix(&self, suffix: &str) -> bool {
        self.0.as_ref().is_some_and(|stated| stated.mentions_suffix(suffix))
    }

    /// Whether they name the present tag.
    pub(crate) fn matches_current(&self, validators: &Validators) -> bool {
        self.0.as_ref().is_some_and(|stated| stated.matches_current(validators))
    }

    /// The suffix of the tag that the client has, where a 304 is due to that.
    pub(crate) fn suffix_of_known(&self, validators: &Validators) -> Option<&str> {
        self.0.as_ref()?.suffix_of_known(validators)
    }
}

impl Stated {
    fn is_any(&self) -> bool {
        self.if_match.is_some()
            || self.if_none_match.is_some()
            || self.if_modified_since.is_some()
            || self.if_unmodified_since.is_some()
    }

    fn evaluate(&self, validators: &Validators) -> Evaluation {
        let may_change = match (&self.if_match, self.if_unmodified_since) {
            (Some(condition), _) => self.matches(condition, validators, EntityTag::strong_eq),
            (None, Some(date)) => validators.last_modified.is_none_or(|modified| modified <= date),
            (None, None) => true,
        };
        if !may_change {
            return Evaluation::Failed;
        }
        let has_it = match (&self.if_none_match, self.if_modified_since) {
            (Some(condition), _) => {
                !matches!(condition, Condition::Malformed)
                    && self.matches(condition, validators, EntityTag::weak_eq)
            }
            (None, Some(date)) => validators.last_modified.is_some_and(|modified| modified <= date),
            (None, None) => false,
        };
        match (has_it, self.retrieves) {
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
            Condition::Tags(EntityTagList::Any) => return validators.exists,
            Condition::Tags(EntityTagList::Tags(tags)) => tags,
        };
        let Some(etag) = &validators.etag else { return false };
        self.suffixes.iter().any(|suffix| is_among(etag, suffix, tags, equal))
    }

    fn matches_current(&self, validators: &Validators) -> bool {
        let mut conditions = [&self.if_match, &self.if_none_match].into_iter().flatten();
        conditions.any(|condition| self.matches(condition, validators, EntityTag::weak_eq))
    }

    fn mentions_suffix(&self, suffix: &str) -> bool {
        let conditions = [&self.if_match, &self.if_none_match];
        conditions.into_iter().flatten().any(|condition| match condition {
            Condition::Tags(EntityTagList::Tags(tags)) => {
                tags.iter().any(|tag| tag.has_suffix(suffix))
            }
            Condition::Tags(EntityTagList::Any) | Condition::Malformed => false,
        })
    }

    fn suffix_of_known(&self, validators: &Validators) -> Option<&str> {
        let Some(Condition::Tags(EntityTagList::Tags(tags))) = &self.if_none_match else {
            return None;
        };
        let etag = validators.etag.as_ref()?;
        let known = |suffix: &&Cow<'static, str>| is_among(etag, suffix, tags, EntityTag::weak_eq);
        self.suffixes.iter().find(known).map(AsRef::as_ref)
    }
}

/// Whether the tag with this suffix is among these.
fn is_among(
    etag: &EntityTag,
    suffix: &str,
    tags: &[EntityTag],
    equal: fn(&EntityTag, &EntityTag) -> bool,
) -> bool {
    let on_the_wire = etag.suffixed(suffix);
    tags.iter().any(|tag| equal(tag, &on_the_wire))
}

fn tags(request: &Request, name: &header::HeaderName) -> Option<Condition> {
    let parsed = EntityTagList::parse(request.fields().get_all(name).iter())?;
    Some(parsed.map_or(Condition::Malformed, Condition::Tags))
}
