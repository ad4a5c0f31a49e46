//! From a request to the arguments of a method, or to all violations.
//!
//! The parameters were [`compiled`] when the application was built. Here, each argument is found in the request, checked
//! and converted. An argument that is wrong becomes a violation, and the next one is looked at, so that the client sees
//! all of them at once.

pub(crate) mod accepted_names;
pub(crate) mod api_key;
mod argument_types;
mod authorization;
pub(crate) mod authorized;
pub(crate) mod compiled;
mod converted;
pub(crate) mod credentials;
mod from_request;
#[cfg(feature = "idempotency")]
mod idempotency_key;
mod kind;
mod member_rules;
mod path_value;
mod role;
#[cfg(feature = "jiff")]
pub(crate) mod schema;
mod secret;
#[cfg(feature = "command-line")]
mod setting_type;
pub(crate) mod source;
mod types;

use std::borrow::Cow;

use http::header;
use serde::de::DeserializeOwned;

#[cfg(feature = "idempotency")]
pub use self::idempotency_key::IdempotencyKey;
#[cfg(feature = "command-line")]
pub use self::setting_type::{OtherSettingType, SettingType};
pub use self::{
    api_key::{ApiKey, FromAttribute, KeySource},
    argument_types::{Argument, Never, Optional, Repeated, Single, Whole},
    authorization::{Basic, Bearer},
    authorized::Authorized,
    converted::{Converted, Converter, converter},
    credentials::Credentials,
    from_request::{FromRequest, ParameterFacts, Pending},
    kind::ParameterKind,
    path_value::{InPath, PathValue},
    role::{Anyone, Role},
    secret::Secret,
    types::{Parameter, ParseError},
};
use self::{
    authorized::Principal,
    compiled::{CompiledParameter, Parameters},
    source::Source,
};
use crate::{
    content::{File, Member, ReadContent},
    http::{
        cookies, field_lines,
        incoming::Request,
        urlencoded::{Pair, bounded_pairs},
    },
    preconditions::Preconditions,
    problem::{
        place::Place,
        violation::{Code, REPEATED, Violation},
    },
    representation::Writer,
    routing::Variables,
};

/// The maximum number of violations in a response, so that a request cannot make it grow without bound.
const MAX_VIOLATIONS: usize = 100;

/// The arguments of a call, which generated code takes one after the other.
#[derive(Debug)]
pub struct Arguments<'a> {
    parameters: &'a Parameters,
    request: &'a Request,
    content: &'a ReadContent,
    variables: Variables<'a>,
    preconditions: &'a Preconditions,
    /// What `authorize` returned.
    principal: Option<&'a Principal>,
    writer: Option<Writer>,
    /// The pairs of the query once it is parsed, unless there are too many.
    query: Option<Option<Vec<Pair<'a>>>>,
    violations: Vec<Violation>,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(
        parameters: &'a Parameters,
        request: &'a Request,
        content: &'a ReadContent,
        variables: Variables<'a>,
        preconditions: &'a Preconditions,
        principal: Option<&'a Principal>,
        writer: Option<Writer>,
    ) -> Self {
        Self {
            parameters,
            request,
            content,
            variables,
            preconditions,
            principal,
            writer,
            query: None,
            violations: Vec::new(),
        }
    }

    /// How the value that the method returns is written, if a representation was selected.
    #[must_use]
    pub fn writer(&self) -> Option<Writer> {
        self.writer
    }

    /// All violations.
    pub(crate) fn into_violations(self) -> Vec<Violation> {
        self.violations
    }

    pub(crate) fn request(&self) -> &'a Request {
        self.request
    }

    pub(crate) fn preconditions(&self) -> &'a Preconditions {
        self.preconditions
    }

    fn principal(&self) -> Option<&'a Principal> {
        self.principal
    }

    pub(crate) fn content(&self) -> &'a ReadContent {
        self.content
    }

    /// The content as a value that breaks no rule of its type.
    fn whole<T: DeserializeOwned + 'static>(&mut self, index: usize) -> Option<T> {
        let read = self.content.deserialize::<T>().map_err(|violation| self.report(violation));
        let value = read.ok()?;
        let rules = self.parameters.parameter(index).and_then(|it| it.member_rules.as_ref());
        let violations = rules.map(|rules| rules.violations(&value)).unwrap_or_default();
        let is_valid = violations.is_empty();
        violations.into_iter().for_each(|violation| self.report(violation));
        is_valid.then_some(value)
    }

    fn report(&mut self, violation: Violation) {
        if self.violations.len() < MAX_VIOLATIONS && !self.violations.contains(&violation) {
            self.violations.push(violation);
        }
    }

    /// The only value of the parameter, converted; `Some(None)` if it is optional and absent.
    fn one<C>(
        &mut self,
        index: usize,
        is_required: bool,
        convert: impl Fn(&str) -> Result<C, ParseError>,
    ) -> Option<Option<C>> {
        let parameter = self.parameters.parameter(index)?;
        let (mut values, place) = self.values(parameter)?;
        let last = values.pop();
        let is_only = values.is_empty();
        let given = last.filter(|text| !(is_only && parameter.is_left_empty(text)));
        match (given, is_only) {
            (Some(text), true) => self.check(parameter, place, &text, &convert).map(Some),
            (Some(text), false) => {
                self.report(parameter.violation(place, Code::Repeated, &text, REPEATED));
                None
            }
            (None, _) => self.absent(parameter, is_required, convert),
        }
    }

    /// All values of the parameter, converted.
    fn all<C>(
        &mut self,
        index: usize,
        convert: impl Fn(&str) -> Result<C, ParseError>,
    ) -> Option<Vec<C>> {
        let parameter = self.parameters.parameter(index)?;
        let (mut values, place) = self.values(parameter)?;
        if let (true, Some(default)) = (values.is_empty(), parameter.default.as_deref()) {
            values = Values::One(Cow::Borrowed(default));
        }
        let checked = values.iter().map(|text| self.check(parameter, place, text, &convert));
        checked.collect::<Vec<_>>().into_iter().collect()
    }

    fn absent<C>(
        &mut self,
        parameter: &CompiledParameter,
        is_required: bool,
        convert: impl Fn(&str) -> Result<C, ParseError>,
    ) -> Option<Option<C>> {
        let place = parameter.source.place();
        match parameter.default.as_deref() {
            Some(default) => self.check(parameter, place, default, &convert).map(Some),
            None if is_required => {
                let is_in_content = matches!(parameter.source, Source::QueryOrContent)
                    && self.content.is_of_parameters();
                let place = if is_in_content { Place::Content } else { place };
                self.report(parameter.violation(place, Code::Missing, "", ""));
                None
            }
            None => Some(None),
        }
    }

    fn check<C>(
        &mut self,
        parameter: &CompiledParameter,
        place: Place,
        text: &str,
        convert: impl Fn(&str) -> Result<C, ParseError>,
    ) -> Option<C> {
        let checked = parameter
            .check(text)
            .and_then(|()| convert(text).map_err(|error| (Code::Invalid, error.into_reason())));
        match checked {
            Ok(value) => Some(value),
            Err((code, reason)) => {
                self.report(parameter.violation(place, code, text, &reason));
                None
            }
        }
    }

    /// The texts of a parameter, and the place where they were found.
    #[inline]
    fn values(&mut self, parameter: &CompiledParameter) -> Option<(Values<'a>, Place)> {
        match parameter.source {
            Source::Variable => self.variable(parameter).map(|values| (values, Place::Path)),
            _ => self.values_elsewhere(parameter),
        }
    }

    // Out of line, so that a path variable, which most requests have, costs nothing for the other sources.
    #[inline(never)]
    fn values_elsewhere(&mut self, parameter: &CompiledParameter) -> Option<(Values<'a>, Place)> {
        let values = match &parameter.source {
            Source::Variable => self.variable(parameter)?,
            Source::Rest => self.rest(parameter)?,
            Source::Header(name) => self.field(parameter, name)?,
            Source::Cookie => self.cookie(parameter)?,
            Source::Query => self.query(parameter)?,
            Source::QueryOrContent => match self.query(parameter)? {
                values if values.is_empty() => {
                    let values = self.texts(parameter)?;
                    let place =
                        if values.is_empty() { parameter.source.place() } else { Place::Content };
                    return Some((values, place));
                }
                values => values,
            },
            Source::Content => self.texts(parameter)?,
            Source::Elsewhere | Source::File => Values::None,
        };
        Some((values, parameter.source.place()))
    }

    fn variable(&mut self, parameter: &CompiledParameter) -> Option<Values<'a>> {
        let raw = self.variables.named(parameter.key)?;
        self.decode(parameter, raw).map(Values::One)
    }

    /// The remaining segments. Each is decoded by itself, so that it may contain an encoded slash.
    fn rest(&mut self, parameter: &CompiledParameter) -> Option<Values<'a>> {
        let raw = self.variables.named(parameter.key)?;
        if !parameter.is_repeated {
            return self.decode(parameter, raw).map(Values::One);
        }
        let segments: Vec<_> =
            raw.split('/').map(|segment| self.decode(parameter, segment)).collect();
        let segments = segments.into_iter().collect::<Option<Vec<_>>>()?;
        self.bounded(parameter, segments.into_iter())
    }

    /// The elements of a list outside of the query and the content, unless there are too many.
    fn bounded(
        &mut self,
        parameter: &CompiledParameter,
        mut elements: impl Iterator<Item = Cow<'a, str>>,
    ) -> Option<Values<'a>> {
        let most = self.parameters.elements;
        let bounded = elements.by_ref().take(most).collect();
        if elements.next().is_some() {
            let place = parameter.source.place();
            self.report(Violation::too_many(parameter.key, place, most));
            return None;
        }
        Some(Values::Many(bounded))
    }

    fn decode(&mut self, parameter: &CompiledParameter, raw: &'a str) -> Option<Cow<'a, str>> {
        let decoded = self.variables.decode(raw);
        if decoded.is_none() {
            let reason = "It must be percent-encoded UTF-8.";
            self.report(parameter.violation(parameter.source.place(), Code::Encoding, raw, reason));
        }
        decoded
    }

    // Out of line, since most parameters are not in a header field.
    #[inline(never)]
    fn field(
        &mut self,
        parameter: &CompiledParameter,
        name: &http::HeaderName,
    ) -> Option<Values<'a>> {
        let lines = self.lines(parameter, name)?;
        if parameter.is_repeated {
            let elements = lines.into_iter().flat_map(field_lines::elements);
            return self.bounded(parameter, elements.map(Cow::Borrowed));
        }
        Some(match (lines.as_slice(), field_lines::separator(name)) {
            ([_, _, ..], Some(separator)) => Values::One(lines.join(separator).into()),
            _ => Values::Many(lines.into_iter().map(Cow::Borrowed).collect()),
        })
    }

    /// The cookies of a name. Several contradict each other, since their order says nothing (RFC 6265, section 4.2.2).
    #[inline(never)]
    fn cookie(&mut self, parameter: &CompiledParameter) -> Option<Values<'a>> {
        let lines = self.lines(parameter, &header::COOKIE)?;
        let named = lines.into_iter().flat_map(cookies::pairs);
        let values = named.filter(|(name, _)| *name == parameter.key).map(|(_, value)| value);
        self.bounded(parameter, values.map(Cow::Borrowed))
    }

    /// The lines of a header field.
    fn lines(
        &mut self,
        parameter: &CompiledParameter,
        name: &http::HeaderName,
    ) -> Option<Vec<&'a str>> {
        let lines = self.request.fields().get_all(name).iter();
        let lines: Option<Vec<_>> =
            lines.map(|line| std::str::from_utf8(line.as_bytes()).ok()).collect();
        if lines.is_none() {
            let place = parameter.source.place();
            let reason = "It must be UTF-8.";
            self.report(parameter.violation(place, Code::Encoding, "", reason));
        }
        lines
    }

    /// The texts of a parameter in the content.
    fn texts(&mut self, parameter: &CompiledParameter) -> Option<Values<'a>> {
        let members = self.members(parameter)?;
        if let Some((code, reason)) =
            members.iter().find_map(|member| parameter.type_mismatch(member))
        {
            self.report(parameter.violation(Place::Content, code, "", reason));
            return None;
        }
        let texts = members.iter().map(|member| utf_8(Cow::Borrowed(&member.value)));
        self.all_utf_8(parameter, Place::Content, texts.collect())
    }

    /// The texts of a parameter in the query.
    fn query(&mut self, parameter: &CompiledParameter) -> Option<Values<'a>> {
        let query = self.request.target().query().unwrap_or_default();
        let elements = self.parameters.elements;
        let pairs = self.query.get_or_insert_with(|| bounded_pairs(query.as_bytes(), elements));
        let Some(pairs) = pairs else {
            self.report(Violation::too_many("query", Place::Query, elements));
            return None;
        };
        let named = pairs.iter().filter(|(name, _)| name == parameter.key);
        let texts = named.map(|(_, value)| utf_8(value.clone())).collect();
        self.all_utf_8(parameter, Place::Query, texts)
    }

    fn all_utf_8(
        &mut self,
        parameter: &CompiledParameter,
        place: Place,
        texts: Option<Vec<Cow<'a, str>>>,
    ) -> Option<Values<'a>> {
        if texts.is_none() {
            let reason = "It must be UTF-8.";
            self.report(parameter.violation(place, Code::Encoding, "", reason));
        }
        texts.map(Values::Many)
    }

    /// The members of the content that have the name of a parameter.
    fn members(&mut self, parameter: &CompiledParameter) -> Option<&'a [Member]> {
        self.content.members(parameter.key).map_err(|violation| self.report(violation)).ok()
    }

    /// The only file of this name; `Some(None)` if it is optional and absent.
    fn file(&mut self, index: usize, is_required: bool) -> Option<Option<File>> {
        let parameter = self.parameters.parameter(index)?;
        let mut files = self.files(index)?;
        let file = files.pop();
        let wrong = match (&file, files.is_empty()) {
            (None, _) if is_required => (Code::Missing, "It must be a file."),
            (_, false) => (Code::Repeated, REPEATED),
            _ => return Some(file),
        };
        self.report(parameter.violation(Place::Content, wrong.0, "", wrong.1));
        None
    }

    /// All files of this name, except for file inputs that were left empty.
    fn files(&mut self, index: usize) -> Option<Vec<File>> {
        let parameter = self.parameters.parameter(index)?;
        let files = self.members(parameter)?.iter().map(Member::to_file);
        let files: Vec<_> = files.filter(|file| !file.is_unchosen()).collect();
        let mut all_are_right = true;
        for file in &files {
            if let Err((code, reason)) = parameter.check_size(file.content().len()) {
                self.report(parameter.violation(Place::Content, code, "", &reason));
                all_are_right = false;
            }
        }
        all_are_right.then_some(files)
    }
}

/// The texts of a parameter in a request. A single one needs no allocation.
enum Values<'a> {
    None,
    One(Cow<'a, str>),
    Many(Vec<Cow<'a, str>>),
}

impl<'a> Values<'a> {
    fn pop(&mut self) -> Option<Cow<'a, str>> {
        match std::mem::replace(self, Self::None) {
            Self::None => None,
            Self::One(text) => Some(text),
            Self::Many(mut texts) => {
                let text = texts.pop();
                *self = Self::Many(texts);
                text
            }
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::None => true,
            Self::One(_) => false,
            Self::Many(texts) => texts.is_empty(),
        }
    }

    fn iter(&self) -> std::slice::Iter<'_, Cow<'a, str>> {
        match self {
            Self::None => [].iter(),
            Self::One(text) => std::slice::from_ref(text).iter(),
            Self::Many(texts) => texts.iter(),
        }
    }
}

fn utf_8(bytes: Cow<'_, [u8]>) -> Option<Cow<'_, str>> {
    match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}
