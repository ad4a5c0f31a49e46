//! How a step is undone, and the call that does it.

use http::{HeaderName, header};
use wsgiservice_client::Path;

use super::{call::Call, conditions::restore};
use crate::work::{Action, Done, Image, Inverse, Method, Payload, Request, State, Step};

/// How a step is undone.
pub(super) enum Undo {
    /// There is nothing to undo.
    Nothing,
    /// By this, at this path.
    By(String, Inverse),
    /// Not at all: what was there is not known.
    Unavailable,
}

impl Undo {
    /// How a step is undone that was executed on this image.
    pub(super) fn of(step: &Step, image: Option<&Image>, done: &Done) -> Self {
        let Done::Changed { version, location, .. } = done else { return Self::Nothing };
        let query = step.query_to_delete();
        if step.is_post() {
            let Some(location) = location.as_ref().filter(|it| step.has_created(it)) else {
                return Self::Unavailable;
            };
            let inverse = Inverse { query, to: None, before: None, after: *version, gone: None };
            return Self::By(location.clone(), inverse);
        }
        let absent = Image { state: State::Absent, version: None };
        // What is ensured was not there, if it was executed.
        let image = image.filter(|it| !(step.is_ensured() && it.is_present())).unwrap_or(&absent);
        let to = match &image.state {
            State::TooLarge => return Self::Unavailable,
            State::Absent => None,
            State::Present(payload) => Some(payload.clone()),
        };
        let deletes = step.deletes(image);
        if deletes && to.is_none() {
            return Self::Nothing;
        }
        let gone = if deletes { *version } else { None };
        let (before, after) = (image.version, *version);
        Self::By(step.path.clone(), Inverse { query, to, before, after, gone })
    }
}

impl Step {
    fn is_post(&self) -> bool {
        self.request().is_some_and(|request| request.method == Method::Post)
    }

    /// Whether a `Location` is the path of something of the same user, which can be deleted.
    fn has_created(&self, location: &str) -> bool {
        let start = |path: &str| {
            let path = Path::normal(path);
            let mut segments = path.split('/').map(str::to_owned);
            (segments.next(), segments.next(), segments.nth(1), segments.next().is_some())
        };
        let (origin, version, user, _) = start(&self.path);
        !location.contains(['?', '#']) && start(location) == (origin, version, user, true)
    }

    /// The query with which what it has created is deleted, or what it has deleted is deleted again.
    fn query_to_delete(&self) -> String {
        match &self.action {
            Action::Request(request) if request.method == Method::Delete => request.query.clone(),
            Action::Request(_) => String::new(),
            Action::Invert(inverse) => inverse.query.clone(),
        }
    }

    /// Whether it deletes what is there.
    fn deletes(&self, image: &Image) -> bool {
        match &self.action {
            Action::Request(request) => request.method == Method::Delete,
            Action::Invert(inverse) => inverse.to.is_none() && image.is_present(),
        }
    }

    /// The call that executes the step, if there is something to do.
    pub(super) fn call(&self, image: Option<&Image>) -> Option<Call> {
        match &self.action {
            Action::Request(request) => Some(request.call(&self.path, image)),
            Action::Invert(inverse) => inverse.call(&self.path, image?),
        }
    }
}

impl Request {
    fn call(&self, path: &str, image: Option<&Image>) -> Call {
        let conditions = match image {
            _ if self.ensure => vec![if_none()],
            Some(image) if test_hooks::rule("command::narrow") => self.narrowed(image),
            _ => self.conditions.fields(),
        };
        let content = self.content.clone();
        let (method, query) = (self.method, self.query.clone());
        Call { method, path: path.to_owned(), query, conditions, content }
    }

    /// The tag of the image, by which nothing is changed that is not in it.
    fn narrowed(&self, image: &Image) -> Vec<(HeaderName, String)> {
        let is_known = image.is_present() || restore(&self.query).is_some();
        vec![image.version.filter(|_| is_known).map_or_else(if_none, if_match)]
    }
}

impl crate::work::Conditions {
    fn fields(&self) -> Vec<(HeaderName, String)> {
        let fields =
            [(header::IF_MATCH, &self.if_match), (header::IF_NONE_MATCH, &self.if_none_match)];
        fields.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
    }
}

impl Inverse {
    /// The call that goes back, from what is there now.
    pub(super) fn call(&self, path: &str, now: &Image) -> Option<Call> {
        let (method, query, content) = match (&self.to, now.is_present()) {
            (None, false) => return None,
            (None, true) => (Method::Delete, self.query.clone(), None),
            (Some(to), true) => (Method::Put, String::new(), Some(to)),
            (Some(to), false) => (Method::Put, self.restoring(now), Some(to)),
        };
        let conditions = vec![now.version.map_or_else(if_none, if_match)];
        let content: Option<Payload> = content.cloned();
        Some(Call { method, path: path.to_owned(), query, conditions, content })
    }

    /// What comes along: what went with the `DELETE` that is undone, or else with the last one.
    fn restoring(&self, now: &Image) -> String {
        let gone = if test_hooks::rule("command::two") { self.gone } else { self.after };
        let gone = gone.or(now.version);
        gone.map_or_else(String::new, |gone| format!("restore={gone}"))
    }

    /// What is there if nobody has changed it since the step.
    pub(super) fn expected(&self) -> Image {
        let state = if self.gone.is_some() { State::Absent } else { State::TooLarge };
        Image { state, version: self.after }
    }

    /// Whether nobody has changed it since the step.
    pub(super) fn is_as_left(&self, now: &Image) -> bool {
        let expected = self.expected();
        now.is_present() == expected.is_present()
            && (expected.version.is_none() || now.version == expected.version)
    }
}

fn if_match(version: i64) -> (HeaderName, String) {
    (header::IF_MATCH, format!("\"{version}\""))
}

fn if_none() -> (HeaderName, String) {
    (header::IF_NONE_MATCH, "*".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_created_elsewhere_cannot_be_deleted() {
        let (method, query, content) = (Method::Post, String::new(), None);
        let conditions = crate::work::Conditions::default();
        let request = Request { method, query, content, ensure: false, conditions };
        let step = Step { path: "/1/item/u".to_owned(), action: Action::Request(request) };
        for (location, expected) in [
            ("/1/item/u/a", true),
            ("/1/item/%75/a", true),
            ("/1/item/v/a", false),
            ("/1/item/u", false),
            ("/1/item/u/a?x=1", false),
            ("//host/1/u/a", false),
            ("http://host/1/item/u/a", false),
        ] {
            let location = Some(location.to_owned());
            let done = Done::Changed { status: 201, version: Some(1), location };
            let undo = Undo::of(&step, None, &done);
            assert_eq!(matches!(undo, Undo::By(..)), expected, "{done:?}");
        }
    }
}
